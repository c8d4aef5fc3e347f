/** What the demo shows, step by step; each step throws where it does not hold. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readEntry, useEntry } from './client.mjs';

const CLIENTS = ['claude-code', 'claude-desktop', 'cursor'];
const NEIGHBOUR =
  '{\n    "theme": "dark",\n    "mcpServers": {\n        "other": { "command": "other-server" }\n    }\n}\n';

export async function tell({ sandbox, machine: whole, print, signal }) {
  const heading = (text) => print(`\n# ${text}\n\n`);
  const unlessStopped = async (args, options) => {
    signal.throwIfAborted();
    return whole.mcpkey(args, options);
  };
  const machine = { ...whole, mcpkey: unlessStopped };
  const stage = { sandbox, machine, print, heading };
  heading('Where secrets are kept');
  await chooseStore(stage);
  const files = await prepareClients(stage);
  await tellAi2fin(stage, files);
  await tellStockData(stage, files);
  heading('What was done');
  await machine.mcpkey(['log']);
  await checkSecrets(stage);
}

/** The keychain where one is unlocked, else age, which needs nothing but a file. */
async function chooseStore({ machine, print }) {
  const stores = await machine.json(['store', 'status']);
  const keychain = stores.find((store) => store.store === 'keychain');
  if (keychain?.available !== true) {
    print('(no unlocked keychain here: age)\n');
    await machine.mcpkey(['store', 'use', 'age']);
  }
  await machine.mcpkey(['store', 'status']);
}

/** The three clients, with a server of someone else's in each config. Resolves to the files by client. */
async function prepareClients({ machine, heading }) {
  heading('The MCP clients of this machine');
  await mkdir(join(machine.home, '.claude'));
  const files = {};
  for (const client of await machine.json(['clients'])) {
    const file = client.files.find(({ scope }) => scope === 'user');
    if (!CLIENTS.includes(client.id)) continue;
    await mkdir(dirname(file.path), { recursive: true });
    await writeFile(file.path, NEIGHBOUR);
    files[client.id] = file.path;
  }
  deepEqual(Object.keys(files).sort(), [...CLIENTS].sort());
  await machine.mcpkey(['clients']);
  return files;
}

async function tellAi2fin(stage, files) {
  const { sandbox, machine, print, heading } = stage;
  const ai2fin = sandbox.service('ai2fin');
  heading('ai2fin: OAuth by device code, a key by the API, revoked in the dashboard');
  let approval;
  await machine.mcpkey(['login', 'ai2fin', '--device', '--url', ai2fin.url, '--mcp-url', ai2fin.mcpUrl], {
    watch(printed) {
      const uri = /https?:\/\/\S+user_code=[\w-]+/.exec(printed)?.[0];
      if (uri === undefined || approval !== undefined) return;
      print('(the person opens that page and approves)\n');
      approval = sandbox.issuer.approveDevice(uri);
    },
  });
  await approval;
  await machine.mcpkey(['create', '--scope', 'mcp:read']);
  await placeAndConnect(stage, files, {
    profile: 'ai2fin',
    call: { name: 'list_transactions', arguments: { month: '2026-11' } },
  });
  const [key] = await machine.json(['list', '-p', 'ai2fin']);
  print('\n(the person presses Revoke next to this key in the dashboard)\n');
  ai2fin.dashboard.revoke(key.id);
  await machine.mcpkey(['revoke', key.ref, '--yes']);
  await machine.mcpkey(['logout', 'ai2fin']);
}

async function tellStockData(stage, files) {
  const { sandbox, machine, heading } = stage;
  const stock = sandbox.service('stock-data');
  heading('stock-data: e-mail and password from the environment, all by the API');
  const extra = { MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: sandbox.person.password };
  await machine.mcpkey(['login', 'stock-data', '--password', '--url', stock.url, '--mcp-url', stock.mcpUrl], { extra });
  await machine.mcpkey(['create', 'demo', '-p', 'stock-data', '--expires', '30d']);
  await placeAndConnect(stage, files, {
    profile: 'stock-data',
    call: { name: 'search_stocks', arguments: { query: 'bank' } },
  });
  await machine.mcpkey(['usage', '-p', 'stock-data', '--days', '7']);
  await machine.mcpkey(['revoke', 'stock-data/demo', '--yes']);
  equal(sandbox.keys('stock-data').filter((key) => !key.revoked).length, 0, 'a key is still active at stock-data');
  await machine.mcpkey(['logout', 'stock-data']);
}

/** Places into all clients, connects a real client through each entry, and undoes it byte for byte. */
async function placeAndConnect({ machine, print }, files, { profile, call }) {
  await machine.mcpkey(['place', profile, ...CLIENTS]);
  await machine.mcpkey(['verify', profile]);
  print('\n(a real MCP client starts what stands in each config)\n');
  for (const client of CLIENTS) {
    const entry = await readEntry(files[client], profile);
    const { server, tools } = await useEntry(entry, { home: machine.home, call });
    print(
      `  ${client}: connected to ${server.name} ${server.version}; tools: ${tools.join(', ')}; called ${call.name}\n`,
    );
  }
  await machine.mcpkey(['list', '-p', profile]);
  await machine.mcpkey(['undo', '--yes']);
  for (const client of CLIENTS)
    equal(await readFile(files[client], 'utf8'), NEIGHBOUR, `${client}: not as it was before`);
  print('(the three files are what they were, byte for byte)\n');
}

/** What the demo left in the keychain of whoever runs it (the key to its undo copies) goes into its own home, and with it. */
export async function leaveKeychain(machine) {
  const stores = await machine.json(['store', 'status']);
  if (!stores.some((store) => store.store === 'keychain' && store.secrets > 0)) return;
  await machine.mcpkey(['store', 'use', 'age']);
  await machine.mcpkey(['store', 'migrate', '--to', 'age']);
}

async function checkSecrets({ sandbox, machine, print }) {
  const secrets = [
    sandbox.person.password,
    ...['ai2fin', 'stock-data'].flatMap((id) => sandbox.keys(id).map((key) => key.secret)),
  ];
  const printed = machine.printed();
  ok(!secrets.some((secret) => printed.includes(secret)), 'a secret was printed');
  deepEqual(await machine.filesWith(secrets), [], 'a secret stands in a file');
  print('\n(no secret was printed, and none stands in any file of that home)\n');
}
