/**
 * The target `hook`: a command that gets the key on stdin, when it is placed and after each rotation. The command is
 * kept in a file of this machine's own config folder, one a key; the ledger, which a shared store shows to others, only
 * says that there is one. So nobody who can write there can run anything here.
 */
import { join } from 'node:path';
import type { EntryPlace } from '../clients/formats/index.ts';
import { readEntries } from '../clients/formats/index.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { Credential } from '../keys/credential.ts';
import type { Placement } from '../ledger.ts';
import type { Secret } from '../secret.ts';
import { followLinks, readBytes } from '../system/files.ts';
import { encodeName } from '../system/names.ts';
import { typed } from '../typed.ts';
import { refuseSigning } from './entry.ts';
import { handOn } from './hand-on.ts';
import { checkName } from './project.ts';
import type { PreparedTarget, TargetWish } from './target.ts';

export const HOOK = 'hook';
/** As the rows of `place` tell it. */
const RELOAD = 'the command runs again after each rotation';
/** Characters of a command that stands as its own name. */
const NAME_LENGTH = 80;

/** As it stands in the file, under the hook's name. */
interface Hook {
  readonly command: string;
  /** Absolute; the command runs there. */
  readonly dir: string;
}

export const hookClient = { id: HOOK, title: 'hook', reload: RELOAD };

const hookFile = ({ paths }: Pick<Context, 'paths'>, ref: string) =>
  join(paths.config, 'hooks', `${encodeName(ref)}.json`);

export const hookPlace = (path: string): EntryPlace => ({ format: 'json', path, servers: [] });

/** Throws `usage` without a command, `unsupported` for a login, `conflict` where the name is another folder's. */
export async function prepareHook(
  context: Pick<Context, 'paths'>,
  credential: Credential,
  { machine, options }: Pick<TargetWish, 'machine' | 'options'>,
): Promise<PreparedTarget> {
  const command = options.hook;
  if (!command?.trim()) {
    throw new UserError('usage', 'A hook is a command that takes the key on stdin; there is none.', {
      hint: "mcpkey place KEY hook --command 'gh secret set NAME'",
    });
  }
  if (credential.kind === 'login') {
    throw new UserError('unsupported', "A login's token ends soon, so it is not handed on.", {
      hint: 'Hand on a key: mcpkey create',
    });
  }
  refuseSigning(credential);
  if (options.mode !== undefined && options.mode !== 'plain') {
    throw new UserError('unsupported', `A hook gets the key itself; it has no mode ${options.mode}.`, {
      hint: 'Leave --mode out.',
    });
  }
  const server = options.name === undefined ? nameOf(command) : checkName(options.name, 'The name');
  const path = hookFile(context, credential.ref);
  const entry: Hook = { command, dir: machine.dir };
  if (!options.force) refuseOther((await readHooks(path)).get(server), entry, server);
  return {
    client: hookClient,
    scope: 'user',
    mode: 'plain',
    server,
    variable: null,
    place: hookPlace(path),
    realPath: await followLinks(path),
    entry,
    warnings: [],
  };
}

/** The command itself is the name of its hook, so that every table shows what runs. */
const nameOf = (command: string): string => {
  const line = command.trim().replace(/\s+/g, ' ');
  return line.length > NAME_LENGTH ? `${line.slice(0, NAME_LENGTH - 1)}…` : line;
};

/** Under a name that was chosen, another command replaces the one before; the same words elsewhere are another hook. */
function refuseOther(known: Hook | undefined, { command, dir }: Hook, name: string): void {
  if (!known || (known.dir === dir && (known.command === command || nameOf(command) !== name))) return;
  throw new UserError(
    'conflict',
    `This key has a hook "${name}" already; it runs "${known.command}" in ${known.dir}.`,
    {
      hint: 'Choose another name with --name, or replace it with --force.',
    },
  );
}

async function readHooks(path: string): Promise<ReadonlyMap<string, Hook>> {
  const entries = Object.entries(await readEntries(await readBytes(path), hookPlace(path)));
  return new Map(entries.flatMap(([name, entry]) => (isHook(entry) ? [[name, entry] as const] : [])));
}

const isHook = (value: unknown): value is Hook =>
  typeof value === 'object' &&
  value !== null &&
  'command' in value &&
  typeof value.command === 'string' &&
  'dir' in value &&
  typeof value.dir === 'string';

export interface HookRun {
  readonly ref: string;
  readonly newId: string;
  readonly oldId?: string | undefined;
  /** The command that runs it again where it fails; that of a rotation by default. */
  readonly again?: string | undefined;
}

type Parts = Pick<Context, 'paths' | 'host' | 'env' | 'options' | 'signal'>;

/** When it is placed: before anything is written, so that a command that fails leaves nothing behind. */
export async function tryHook(context: Parts, { ref, newId }: HookRun, entry: unknown, value: Secret): Promise<void> {
  if (!isHook(entry)) throw new Error('a hook is a command and its folder');
  await handOn(context, { ...entry, ref, newId, hint: 'Mend the command, and place the key again.' }, value);
}

/**
 * After a rotation: runs one hook of a key, as this machine's own file has it. Nothing is done for another machine's.
 * Throws `refused` where it fails, `conflict` where this machine's file does not know it.
 */
export async function runHook(
  context: Parts,
  placement: Pick<Placement, 'client' | 'host' | 'server'>,
  run: HookRun,
  value: Secret,
): Promise<void> {
  const { client, host, server } = placement;
  if (client !== HOOK || host !== context.host) return;
  const path = hookFile(context, run.ref);
  const hook = (await readHooks(path)).get(server);
  const { again = 'mcpkey rotate --resume', ...handing } = run;
  if (hook) return handOn(context, { ...hook, ...handing, hint: `Mend it, then: ${again}` }, value);
  throw new UserError('conflict', `The hook "${server}" of ${run.ref} is not in ${path}, so it was not run.`, {
    hint: `${typed`mcpkey unplace ${run.ref} hook`}   (or place it again), then: ${again}`,
  });
}

/** All hooks of a key that this machine made, one by one; the first that fails ends it. Doing it twice does no harm. */
export async function runHooks(
  context: Parts,
  placements: readonly Placement[],
  run: HookRun,
  value: Secret,
): Promise<void> {
  for (const placement of placements) await runHook(context, placement, run, value);
}
