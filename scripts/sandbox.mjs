/**
 * Serves the five services, a generic one and an authorization server on loopback, until Ctrl-C.
 *
 *     npm run sandbox               says where they are and what to try
 *     npm run sandbox -- --json     one line of JSON instead, for programs
 */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { loadSandbox } from './stage/sandbox.mjs';

const { values } = parseArgs({ options: { json: { type: 'boolean' } } });
const { startSandbox } = await loadSandbox();
const sandbox = await startSandbox();
const places = describe();
console.log(values.json ? JSON.stringify(places) : guide(places));
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
await sandbox.close();

/** Addresses and made-up credentials, with one key made for each service that has only a dashboard. */
function describe() {
  const [stock, ai2fin, cloud, investra, apex, generic] = sandbox.ids.map((id) => sandbox.service(id));
  const at = ({ url, mcpUrl }) => ({ url, mcpUrl });
  const byHand = (service) => ({
    dashboard: `${service.url}/dashboard`,
    key: service.dashboard.create({ name: 'sample' }).secret,
  });
  return {
    person: sandbox.person,
    issuer: { url: sandbox.issuer.issuer, clientId: sandbox.issuer.clientIds.public },
    'stock-data': at(stock),
    ai2fin: { ...at(ai2fin), dashboard: `${ai2fin.url}/dashboard` },
    'mcp-cloud': { ...at(cloud), ...byHand(cloud) },
    investra: { ...at(investra), ...byHand(investra) },
    apexmcp: {
      ...at(apex),
      org: apex.org,
      ...byHand(apex),
      ...apex.createClient(),
      audience: apex.ownProvider.audience,
    },
    generic: { ...at(generic), ...byHand(generic), local: generic.local },
  };
}

function guide(all) {
  const { person, issuer, ai2fin, investra, apexmcp: apex, generic } = all;
  const { 'stock-data': stock, 'mcp-cloud': cloud } = all;
  return `The sandbox runs; Ctrl-C ends it. Every name, password and key here is made up and ends with it.

stock-data   ${stock.url}   MCP ${stock.mcpUrl}
  e-mail ${person.email}   password ${person.password}
  mcpkey login stock-data --url ${stock.url} --mcp-url ${stock.mcpUrl}
  mcpkey create -p stock-data
  mcpkey usage -p stock-data --days 7

ai2fin       ${ai2fin.url}   MCP ${ai2fin.mcpUrl}   dashboard ${ai2fin.dashboard}
  authorization server ${issuer.url} (any name and password will do)
  mcpkey login ai2fin --device --url ${ai2fin.url} --mcp-url ${ai2fin.mcpUrl}
  mcpkey create -p ai2fin --scope mcp:read

mcp-cloud    ${cloud.url}   MCP ${cloud.mcpUrl}   dashboard ${cloud.dashboard}
  key ${cloud.key}
  mcpkey profile add mcp-cloud --mcp-url ${cloud.mcpUrl}
  mcpkey import -p mcp-cloud sample

investra     ${investra.url}   MCP ${investra.mcpUrl}   dashboard ${investra.dashboard}
  key ${investra.key}
  mcpkey profile add investra --mcp-url ${investra.mcpUrl}
  mcpkey import -p investra sample
  mcpkey login investra --web      (for investra/@login)

apexmcp      ${apex.url}   MCP ${apex.mcpUrl}   dashboard ${apex.dashboard}
  key ${apex.key}
  client id ${apex.clientId}   client secret ${apex.clientSecret}
  mcpkey login apexmcp --client-credentials --url ${apex.url} --org ${apex.org} --client-id ${apex.clientId}
  own identity provider: ${issuer.url}, audience ${apex.audience}

generic      MCP ${generic.mcpUrl}   dashboard ${generic.dashboard}
  key ${generic.key}
  mcpkey setup ${generic.mcpUrl}
  a local server: ${generic.local.command.join(' ')}, key in ${generic.local.variable}
`;
}
