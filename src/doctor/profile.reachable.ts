import type { Context } from '../context.ts';
import type { Profile } from '../profiles.ts';
import type { Provider } from '../providers/types.ts';
import { which } from '../system/run.ts';
import { typed } from '../typed.ts';
import { failure, ok, skipped, together } from './findings.ts';
import { type Asked, askMcp } from './scope/reach.ts';
import { line, remedyOf } from './scope/words.ts';
import { eachProfile } from './subjects.ts';
import type { Check, Finding } from './types.ts';

export const check: Check = {
  id: 'profile.reachable',
  title: 'The service answers',
  looksAt:
    'The addresses of each profile, asked without any credential: name, proxy, connection, and whether what answers is an MCP endpoint. Of a local server: its program.',
  error:
    'Nothing answers there, or something else than the service does: a login page of the network, a proxy, another path.',
  remedies: [
    'Look at the address: mcpkey profile show PROFILE; change it: mcpkey profile set PROFILE --mcp-url URL',
    'Behind a proxy set HTTPS_PROXY; a host that needs none goes into NO_PROXY.',
    'A network that wants a login first: open any page in a browser.',
  ],
  looks: eachProfile(async (profile, scope) => {
    const { provider } = await scope.connection(profile);
    const { command } = provider.settings;
    if (command) return program(scope.context, command);
    const { mcp, api } = await scope.reach(profile);
    const looked = [mcp, api].flatMap((asked) => asked ?? []);
    const findings = looked.map((asked) => look(scope.context, { profile, provider, asked }));
    return together(await Promise.all(findings), 'It has no address of its own.');
  }),
};

async function program(context: Context, [name = '']: readonly string[]): Promise<Finding> {
  if (await which(name, context.env)) return ok(`A local server: ${name} is there.`);
  return failure(`The local server’s program ${name} is not on PATH.`, `Install ${name}, or give another command.`);
}

interface At {
  readonly profile: Profile;
  readonly provider: Provider;
  readonly asked: Asked;
}

async function look(context: Context, at: At): Promise<Finding> {
  const { asked, profile } = at;
  const { url, kind, status, error } = asked;
  const { host } = new URL(url);
  if (error)
    return isTls(error)
      ? skipped(`${host}: see profile.tls.`)
      : failure(error.message, remedyOf(error, { profile: profile.name }));
  if (asked.what === 'api') return ok(`${host} answers.`);
  if (kind === 'mcp') return ok(`${host} answers at ${new URL(url).pathname}.`);
  const other = await otherEndpoint(context, at);
  const fix = other && line(['profile', 'set', profile.name, '--mcp-url', other, '--yes']);
  const show = typed`Look at the address: mcpkey profile show ${profile.name}`;
  if (kind === 'redirect')
    return failure(`${url} leads elsewhere (HTTP ${status}), which is not followed.`, fix ?? show);
  if (kind === 'missing') return failure(`There is no MCP endpoint at ${url} (HTTP ${status}).`, fix ?? show);
  if (kind === 'failing') return failure(`${host} fails (HTTP ${status}).`, 'Try again later.');
  return failure(
    `A web page answers at ${url} (HTTP ${status}), not an MCP endpoint: a login page of the network or of a proxy, or another address.`,
    fix ?? 'Open any page in a browser, and log in to the network; or correct the address.',
  );
}

/** The certificate has a check of its own. */
const isTls = ({ message }: Error): boolean => /\(TLS\)|TLS/.test(message);

/** Paths that MCP endpoints have. */
const USUAL = ['/mcp', '/messages', '/api/mcp', '/'];

/** Another address of this service that answers as an MCP endpoint does: the provider's own first. */
async function otherEndpoint(context: Context, { profile, provider, asked }: At): Promise<string | undefined> {
  const tried = new Set([asked.url]);
  const origin = new URL(asked.url).origin;
  const entry = await context.provider(profile.provider);
  const { mcpUrl: _, ...usual } = profile;
  const own = entry.manifest.profile.mcpUrl?.required
    ? undefined
    : defaultOf(entry, { ...usual, profile: profile.name });
  const sameOrigin = own !== undefined && new URL(own).origin === origin ? [own] : [];
  for (const url of [...sameOrigin, ...USUAL.map((path) => origin + path)]) {
    if (tried.has(url) || url === provider.settings.mcpUrl) continue;
    tried.add(url);
    const answered = await askMcp(context, url);
    if (answered.kind === 'mcp') return url;
  }
  return undefined;
}

type Entry = Awaited<ReturnType<Context['provider']>>;

/** Where the provider has its endpoint when the profile says nothing. */
function defaultOf(
  entry: Entry,
  settings: Omit<Parameters<Entry['bind']>[0], 'sign' | 'allowHttp'> & Partial<Pick<Profile, 'sign' | 'allowHttp'>>,
): string | undefined {
  if (entry.manifest.profile.mcpUrl?.default === undefined) return undefined;
  return entry.bind({ ...settings, sign: settings.sign ?? false, allowHttp: settings.allowHttp ?? false }).settings
    .mcpUrl;
}
