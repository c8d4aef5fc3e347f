/** Placements in the ledger: a key's in its record, a login's in a file of their own, since a login is no key. */
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { LOGIN_NAME } from '../keys/names.ts';
import { refOf } from '../keys/refs.ts';
import type { KeyRecord, Placement } from '../ledger.ts';
import { readText, writeAtomic } from '../system/files.ts';
import { brokenFile, parseOwnJson } from '../system/json.ts';
import { encodeName } from '../system/names.ts';
import type { LedgerChange, OwnedPlacement } from './types.ts';

type Parts = Pick<Context, 'ledger' | 'paths' | 'locks' | 'profiles'>;

/** A folder that no profile's can be: encoded names never begin with a dot. */
const LOGINS = '.logins';

const loginFile = (context: Pick<Context, 'paths'>, profile: string) =>
  join(context.paths.ledger, LOGINS, `${encodeName(profile)}.json`);

/** Every placement of this home, on whatever host. */
export async function allPlacements(context: Parts): Promise<readonly OwnedPlacement[]> {
  const keys = (await context.ledger.keys()).flatMap(ownedBy);
  const logins = await Promise.all(context.profiles.list().map((profile) => loginPlacements(context, profile.name)));
  return [...keys, ...logins.flat()];
}

const ownedBy = (record: KeyRecord): OwnedPlacement[] =>
  record.placements.map((placement) => ({ ref: refOf(record), keyId: record.id, secret: record.secret, placement }));

export async function loginPlacements(
  context: Pick<Context, 'paths'>,
  profile: string,
): Promise<readonly OwnedPlacement[]> {
  const path = loginFile(context, profile);
  const text = await readText(path);
  if (text === undefined) return [];
  const document = parseOwnJson(text, path);
  if (!Array.isArray(document)) throw brokenFile(path, 'not a list of placements');
  const placements: readonly Placement[] = document;
  return placements.map((placement) => ({ ref: `${profile}/${LOGIN_NAME}`, keyId: null, secret: null, placement }));
}

/** Same entry of the same file on the same machine. */
export const isSamePlace = (one: Placement, other: Placement): boolean =>
  one.client === other.client &&
  one.path === other.path &&
  one.server === other.server &&
  one.host === other.host &&
  one.scope === other.scope &&
  one.dir === other.dir;

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
    await context.ledger.update(profile, name, (record) => ({ ...record, placements: edit(record.placements) }));
    return;
  }
  await context.locks.with(`login placements ${profile}`, async (lock) => {
    const before = (await loginPlacements(context, profile)).map(({ placement }) => placement);
    const text = `${JSON.stringify(edit(before), null, 2)}\n`;
    await writeAtomic(loginFile(context, profile), text, { beforeRename: () => lock.verify() });
  });
}
