/** Which mode, and what the entry must say: from a credential and a client to a request that the client puts into its shape. */
import type { Client, ClientScope, EntryCommand, EntryRequest, PlaceMode } from '../clients/types.ts';
import { UserError } from '../errors.ts';
import type { Credential } from '../keys/credential.ts';
import { type Secret, secret } from '../secret.ts';
import type { Launcher } from './launcher.ts';

/** Modes for a server with a URL, the best first. A helper is a line for a POSIX shell, which no client is known to have on Windows. */
export const remoteModes = (
  { modes, localModes = [] }: Pick<Client, 'modes' | 'localModes'>,
  platform: NodeJS.Platform,
): readonly PlaceMode[] =>
  modes.filter((mode) => mode !== 'wrap' && !localModes.includes(mode) && (mode !== 'helper' || platform !== 'win32'));

interface ModeWish {
  readonly mode: PlaceMode | undefined;
  readonly platform: NodeJS.Platform;
}

/** The wished mode, or the best one. Throws `unsupported` where client, server or profile do not allow it. */
export function chooseMode(credential: Credential, client: Client, { mode: wished, platform }: ModeWish): PlaceMode {
  const local = credential.access === undefined;
  const fit = local
    ? client.modes.filter((mode) => mode !== 'proxy' && mode !== 'helper')
    : remoteModes(client, platform);
  const [best] = local ? fit.filter((mode) => mode === 'wrap') : fit;
  const mode = wished ?? (needsProxy(credential) ? 'proxy' : best);
  if (mode !== 'proxy') refuseSigning(credential);
  if (mode !== undefined && mode !== 'proxy') refuseAddress(credential);
  if (mode !== undefined && fit.includes(mode)) {
    if (mode === 'plain' && credential.kind === 'login') {
      throw new UserError('unsupported', "A login's token ends soon, so it is not written into a file.", {
        hint: 'Use --mode proxy.',
      });
    }
    return mode;
  }
  const what = local ? 'a local server' : 'a server with a URL';
  throw new UserError(
    'unsupported',
    `${client.title} has no mode ${mode ?? 'wrap'} for ${what}; it has: ${fit.join(', ') || 'none'}.`,
    {
      hint: fit[0] ? `Use --mode ${fit[0]}, or leave it out.` : 'Choose another client: mcpkey clients',
    },
  );
}

const needsProxy = ({ access, provider }: Credential): boolean =>
  provider.settings.sign || access?.address !== undefined;

/** A signature covers each body, so what holds the key alone can make no request. Throws `unsupported`. */
export function refuseSigning({ provider, profile }: Pick<Credential, 'provider' | 'profile'>): void {
  if (!provider.settings.sign) return;
  throw new UserError(
    'unsupported',
    `The profile "${profile.name}" signs its requests, which only mode proxy can do.`,
    {
      hint: 'Place it into a client, with --mode proxy.',
    },
  );
}

/** The address itself carries the key, and it is written into no file. Throws `unsupported`. */
function refuseAddress({ access, profile }: Pick<Credential, 'access' | 'profile'>): void {
  if (!access?.address) return;
  throw new UserError('unsupported', `"${profile.name}" sends the key in its address, which only mode proxy can do.`, {
    hint: 'Place it with --mode proxy, or leave --mode out.',
  });
}

/** Modes whose entry starts mcpkey. */
export const startsMcpkey = (mode: PlaceMode): boolean => mode === 'proxy' || mode === 'helper' || mode === 'wrap';

/** The variable of mode `env`: the one named, the local server's own, the manifest's, else `<PROFILE>_API_KEY`. Throws `usage`. */
export function variableFor(credential: Pick<Credential, 'profile' | 'provider'>, named: string | undefined): string {
  const { profile, provider } = credential;
  const usual = `${profile.name
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '_')
    .replace(/^(?=\d)/, '_')}_API_KEY`;
  const variable = named ?? provider.settings.variable ?? provider.manifest.environment ?? usual;
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(variable)) return variable;
  throw new UserError('usage', `${JSON.stringify(variable)} is no name of an environment variable.`, {
    hint: 'Use letters, digits and "_": --var STOCK_API_KEY',
  });
}

export interface EntryWish {
  readonly mode: PlaceMode;
  readonly scope: ClientScope;
  /** The key's ref, or the binding's in a project's file. */
  readonly ref: string;
  readonly variable: string;
  readonly launcher: Launcher;
  readonly env: Readonly<Record<string, string>>;
}

/** Only mode `plain` reads the secret. */
export async function entryRequest(credential: Credential, wish: EntryWish): Promise<EntryRequest> {
  const { mode } = wish;
  if (mode === 'proxy') return { mode, run: mcpkeyCommand(wish, ['proxy', wish.ref]) };
  const { access } = credential;
  if (!access) return localRequest(credential, wish);
  if (mode === 'helper') return { mode, url: access.url, run: mcpkeyCommand(wish, ['headers', wish.ref]) };
  if (mode === 'plain') return { mode, url: access.url, headers: access.headers(await credential.read()) };
  return { mode: 'env', url: access.url, headers: variableHeaders(access.headers, wish.variable) };
}

async function localRequest(credential: Credential, { mode, ...wish }: EntryWish): Promise<EntryRequest> {
  const { command = [], variable: own, variables = {}, keys = {} } = credential.provider.settings;
  const variable = own ?? wish.variable;
  if (Object.keys(keys).length > 0) refuseSeveral(credential, mode, wish.scope);
  if (mode === 'wrap') {
    const refs = Object.entries({ [variable]: wish.ref, ...keys }).flatMap(([name, ref]) => [
      '--env',
      `${name}=${ref}`,
    ]);
    const run = mcpkeyCommand(wish, ['exec', '--no-mask', ...refs, '--', ...command]);
    return { mode, run: { ...run, env: { ...variables, ...run.env } } };
  }
  const [program = '', ...args] = command;
  if (mode === 'env')
    return { mode, run: { command: program, args, env: variables }, variables: { [variable]: wish.variable } };
  const env = { ...variables, [variable]: (await credential.read()).reveal() };
  return { mode: 'plain', run: { command: program, args, env } };
}

/** A shared file names each key by its server, so by one. Throws `unsupported`. */
function refuseSeveral({ profile }: Credential, mode: PlaceMode, scope: ClientScope): void {
  if (mode === 'wrap' && scope !== 'project') return;
  const where = mode === 'wrap' ? "a project's file" : `mode ${mode}`;
  throw new UserError(
    'unsupported',
    `The server of "${profile.name}" takes several keys, which ${where} cannot name.`,
    {
      hint: 'Place it into the user’s file, with --mode wrap.',
    },
  );
}

/** A file that people share says the same for everyone: mcpkey by name, no path of this machine, no environment. */
function mcpkeyCommand(
  { scope, launcher, env }: Pick<EntryWish, 'scope' | 'launcher' | 'env'>,
  args: readonly string[],
): EntryCommand {
  if (scope === 'project') return { command: 'mcpkey', args, env: {} };
  return { command: launcher.command, args: [...launcher.args, ...args], env };
}

/** Too short to be taken for a secret, and in no header otherwise. */
const PLACE = '{k}';

function variableHeaders(headers: (credential: Secret) => Record<string, string>, variable: string) {
  const found = Object.entries(headers(secret(PLACE))).map(([name, value]) => {
    if (value.endsWith(PLACE)) return [name, { prefix: value.slice(0, -PLACE.length), variable }] as const;
    throw new UserError('unsupported', `The header ${name} cannot be made from a variable alone.`, {
      hint: 'Use --mode proxy.',
    });
  });
  return Object.fromEntries(found);
}
