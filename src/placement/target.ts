/** What a target is to the engine: a client's file, an env file or a hook, with the entry that goes into it. */
import { resolve } from 'node:path';
import type { EntryPlace } from '../clients/formats/index.ts';
import type { Client, ClientFile, ClientMachine, ClientScope, EntrySite, PlaceMode } from '../clients/types.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { Credential } from '../keys/credential.ts';
import { withNearest } from '../nearest.ts';
import type { Secret } from '../secret.ts';
import { followLinks } from '../system/files.ts';
import { chooseMode, type EntryWish, entryRequest, refuseSigning, variableFor } from './entry.ts';
import { HOOK, prepareHook } from './hook.ts';
import { filesOf, isFound } from './machine.ts';
import type { OwnedPlacement, PlaceOptions } from './types.ts';

export const ENV_FILE = 'env-file';
/** Targets that no client reads: they get the key itself, and start no mcpkey. */
export const isClientTarget = (id: string): boolean => id !== ENV_FILE && id !== HOOK;
const DEFAULT_ENV_FILE = '.env';
const ENV_RELOAD = 'start again what reads the file';

export interface PreparedTarget {
  readonly client: Pick<Client, 'id' | 'title' | 'reload'> & Partial<Pick<Client, 'read'>>;
  readonly scope: ClientScope;
  readonly mode: PlaceMode;
  readonly server: string;
  readonly variable: string | null;
  readonly place: EntryPlace;
  readonly realPath: string;
  readonly entry: unknown;
  /** The entry before a person's fields were added to it. */
  readonly written?: unknown;
  readonly warnings: readonly string[];
  /** Said where the file is made, for a client that was not found. */
  readonly absent?: string | undefined;
  /** Of an entry that is adopted: it is changed member by member, and these texts must not stay in it. */
  readonly gone?: readonly Secret[] | undefined;
  /** The placement of another key that is moved to this one with the project's binding; not named on the command line. */
  readonly moved?: OwnedPlacement | undefined;
}

/** The client of that id. Throws `not_found` with the nearest target. */
export async function clientOf(context: Pick<Context, 'clients'>, id: string) {
  const known = await context.clients();
  const found = known.find((client) => client.id === id);
  if (found) return found;
  const ids = [...known.map((client) => client.id), ENV_FILE, HOOK];
  throw new UserError('not_found', withNearest(`There is no client "${id}".`, id, ids), { hint: 'mcpkey clients' });
}

export interface TargetWish extends Omit<EntryWish, 'mode' | 'variable'> {
  readonly machine: ClientMachine;
  readonly server: string;
  readonly options: PlaceOptions;
}

/** The same with what concerns the whole command. */
export interface PlaceWish extends TargetWish {
  /** The project's name, in project scope. */
  readonly project: string | undefined;
  readonly warnings: readonly string[];
}

export type TargetParts = Pick<Context, 'clients' | 'env' | 'cwd' | 'platform' | 'home' | 'paths'>;

/** One row for each file that the client has in that scope. Throws before anything is changed. */
export async function prepareTarget(
  context: TargetParts,
  credential: Credential,
  id: string,
  wish: TargetWish,
): Promise<readonly PreparedTarget[]> {
  if (id === HOOK) return [await prepareHook(context, credential, wish)];
  const variable = variableFor(credential, wish.options.variable);
  if (id === ENV_FILE) return [await prepareEnvFile(credential, variable, wish)];
  const client = await clientOf(context, id);
  const mode = chooseMode(credential, client, { mode: wish.options.mode, platform: wish.machine.platform });
  return prepareFiles(context, { credential, client, mode, variable }, filesOf(client, wish.scope, wish.machine), wish);
}

interface Choice {
  readonly credential: Credential;
  readonly client: Client;
  readonly mode: PlaceMode;
  readonly variable: string;
}

/** The entry for this very file, whether or not one would be placed there. Throws before anything is changed. */
export async function prepareIn(
  context: TargetParts,
  credential: Credential,
  { client, file }: { client: Client; file: ClientFile },
  wish: TargetWish,
): Promise<readonly PreparedTarget[]> {
  const variable = variableFor(credential, wish.options.variable);
  const mode = chooseMode(credential, client, { mode: wish.options.mode, platform: wish.machine.platform });
  return prepareFiles(context, { credential, client, mode, variable }, [file], wish);
}

async function prepareFiles(
  context: TargetParts,
  { credential, client, mode, variable }: Choice,
  files: readonly ClientFile[],
  wish: TargetWish,
): Promise<readonly PreparedTarget[]> {
  const request = await entryRequest(credential, { ...wish, mode, variable });
  const found = wish.scope === 'project' || (await isFound(context, client, wish.machine));
  const absent = found ? undefined : `${client.title} was not found on this machine; its file is made all the same.`;
  const warnings = [
    ...(mode === 'env' && !context.env[variable]
      ? [`${variable} is not set here. ${client.title} must be started where it is.`]
      : []),
    ...[client.notice?.(wish.scope, mode, wish.server)].filter((line) => line !== undefined),
  ];
  return Promise.all(
    files.map(async (file) => ({
      client,
      scope: wish.scope,
      mode,
      server: wish.server,
      variable: mode === 'env' ? variable : null,
      place: placeOf(file),
      realPath: await followLinks(file.path),
      entry: client.entry(request, siteOf(wish, file)),
      warnings,
      absent,
    })),
  );
}

const siteOf = ({ server, machine, scope }: TargetWish, file: ClientFile): EntrySite => ({
  server,
  platform: machine.platform,
  scope,
  file,
});

export const placeOf = ({ format, path, servers, named, fresh }: ClientFile): EntryPlace => ({
  format,
  path,
  servers,
  named,
  fresh,
});

export const envFilePlace = (path: string): EntryPlace => ({ format: 'env', path, servers: [] });

async function prepareEnvFile(
  credential: Credential,
  variable: string,
  { machine, options }: TargetWish,
): Promise<PreparedTarget> {
  refuseSigning(credential);
  if (options.mode !== undefined && options.mode !== 'plain') {
    throw new UserError('unsupported', `An env file holds the key itself; it has no mode ${options.mode}.`, {
      hint: 'Leave --mode out.',
    });
  }
  const path = resolve(machine.dir, options.file ?? DEFAULT_ENV_FILE);
  return {
    client: { id: ENV_FILE, title: 'env file', reload: ENV_RELOAD },
    scope: 'user',
    mode: 'plain',
    server: variable,
    variable,
    place: envFilePlace(path),
    realPath: await followLinks(path),
    entry: (await credential.read()).reveal(),
    warnings: [],
  };
}
