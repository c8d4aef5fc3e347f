/** Placements in the ledger: a key's in its record, those of a login or a key of the environment in a file of their own. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { isSystemError, UserError } from '../errors.ts';
import { LOGIN_NAME } from '../keys/names.ts';
import { refOf } from '../keys/refs.ts';
import { arePlacements, isObject } from '../ledger/shape.ts';
import type { KeyRecord, Placement } from '../ledger.ts';
import { followLinks, readText, writeAtomic } from '../system/files.ts';
import { brokenFile, parseOwnJson } from '../system/json.ts';
import { encodeName } from '../system/names.ts';
import type { LedgerChange, OwnedPlacement } from './types.ts';

type Parts = Pick<Context, 'ledger' | 'paths' | 'locks' | 'profiles'>;

/** A folder that no profile's can be: encoded names never begin with a dot. */
const LOOSE = '.placements';

const looseFile = (context: Pick<Context, 'paths'>, ref: string) =>
  join(context.paths.ledger, LOOSE, `${encodeName(ref)}.json`);

/** Every placement of this home, on whatever host. */
export async function allPlacements(context: Parts): Promise<readonly OwnedPlacement[]> {
  const keys = (await context.ledger.keys()).flatMap(ownedBy);
  return [...keys, ...(await loosePlacements(context))];
}

const ownedBy = (record: KeyRecord): OwnedPlacement[] =>
  record.placements.map((placement) => ({ ref: refOf(record), keyId: record.id, secret: record.secret, placement }));

async function loosePlacements(context: Pick<Context, 'paths'>): Promise<readonly OwnedPlacement[]> {
  const folder = join(context.paths.ledger, LOOSE);
  const names = await readdir(folder).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  });
  const files = names.filter((name) => name.endsWith('.json')).map((name) => readLoose(join(folder, name)));
  return (await Promise.all(files)).flatMap(({ ref, placements }) =>
    placements.map((placement) => ({ ref, keyId: null, secret: null, placement })),
  );
}

interface LooseFile {
  readonly ref: string;
  readonly placements: readonly Placement[];
}

async function readLoose(path: string): Promise<LooseFile> {
  const text = await readText(path);
  const document: unknown = text === undefined ? undefined : parseOwnJson(text, path);
  if (document === undefined) return { ref: '', placements: [] };
  if (isLooseFile(document)) return document;
  throw brokenFile(path, 'not a list of placements');
}

const isLooseFile = (value: unknown): value is LooseFile =>
  isObject(value) && typeof value.ref === 'string' && arePlacements(value.placements);

/**
 * Same entry of the same file on the same machine. A project's file may be the user's own (in the home folder, or where a
 * client looks upwards for one): then there is one entry, whatever it was placed as. A local scope has tables of its own.
 */
export const isSamePlace = (one: Placement, other: Placement): boolean =>
  one.client === other.client &&
  one.path === other.path &&
  one.server === other.server &&
  one.host === other.host &&
  localFolder(one) === localFolder(other);

const localFolder = ({ scope, dir }: Placement): string | null => (scope === 'local' ? dir : null);

/** One entry that several clients read; `isSamePlace` tells those apart. */
export const isSameEntry = (
  one: Placement,
  other: Pick<Placement, 'path' | 'host' | 'server' | 'scope' | 'dir'>,
): boolean =>
  one.path === other.path &&
  one.host === other.host &&
  one.server === other.server &&
  one.scope === other.scope &&
  one.dir === other.dir;

/** Which of these files, free of links, a placement is in; one that cannot be reached is in none. */
export async function leadsToOne(
  { path }: Pick<Placement, 'path'>,
  realPaths: ReadonlySet<string>,
): Promise<string | undefined> {
  try {
    const realPath = await followLinks(path);
    return realPaths.has(realPath) ? realPath : undefined;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

export const isSameFile = (one: Placement, other: Placement): boolean =>
  isSameEntry({ ...one, server: '' }, { ...other, server: '' });

export const reverse = (change: LedgerChange): LedgerChange => ({
  added: change.removed,
  removed: change.added,
  bindings: change.bindings.map((binding) => ({ ...binding, before: binding.after, after: binding.before })),
});

/** Doing it twice does no harm. A key that is gone meanwhile has no placements to mend. */
export async function applyToLedger(context: Parts, change: LedgerChange): Promise<void> {
  const refs = new Set([...change.added, ...change.removed].map(({ ref }) => ref));
  for (const ref of refs) {
    const mine = (list: readonly OwnedPlacement[]) =>
      list.filter((each) => each.ref === ref).map((each) => each.placement);
    const [added, removed] = [mine(change.added), mine(change.removed)];
    await editPlacements(context, ref, (before) => [
      ...before.filter((each) => ![...added, ...removed].some((other) => isSamePlace(each, other))),
      ...added,
    ]);
  }
  for (const { project, server, after } of change.bindings) {
    await (after ? context.ledger.bind(project, server, after) : context.ledger.unbind(project, server));
  }
}

type Edit = (before: readonly Placement[]) => readonly Placement[];

async function editPlacements(context: Parts, ref: string, edit: Edit): Promise<void> {
  const slash = ref.indexOf('/');
  const [profile, name] = [ref.slice(0, slash), ref.slice(slash + 1)];
  if (name !== LOGIN_NAME) {
    if (!(await context.ledger.key(profile, name))) return;
    const change = (record: KeyRecord) => ({ ...record, placements: edit(record.placements) });
    const kept = await context.ledger.update(profile, name, change).catch(noRecord);
    if (kept) return;
  }
  await context.locks.with(`placements ${ref}`, async (lock) => {
    const path = looseFile(context, ref);
    const placements = edit((await readLoose(path)).placements);
    const text = `${JSON.stringify({ ref, placements }, null, 2)}\n`;
    await writeAtomic(path, text, { beforeRename: () => lock.verify() });
  });
}

/** A key of the environment is known, and has no record of its own. */
function noRecord(error: unknown): undefined {
  if (error instanceof UserError && error.code === 'not_found') return undefined;
  throw error;
}
