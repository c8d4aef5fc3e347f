/** The keys of one machine: what is known here of it, and what the services list under the names that it gives. */
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { KeyRecord } from '../ledger.ts';
import { keptDocument } from './document.ts';
import { type FoundKey, findKey } from './find.ts';
import { listKeys } from './list.ts';
import { defaultName } from './names.ts';
import { refOf } from './refs.ts';
import { isToDo, type RevokeRow } from './revoke.ts';

export interface MachineKeys {
  /** Those that are to be revoked. */
  readonly living: readonly FoundKey[];
  readonly revoked: readonly RevokeRow[];
  /** Profiles whose service could not be asked. */
  readonly unasked: readonly { readonly profile: string; readonly error: UserError }[];
}

/** `local`: no service is asked for its list. Throws `not_found` where nothing anywhere is known of that machine. */
export async function keysOfMachine(
  context: Context,
  machine: string,
  { local }: { local: boolean },
): Promise<MachineKeys> {
  const had = ({ host, placements }: KeyRecord) => host === machine || placements.some((one) => one.host === machine);
  const found: FoundKey[] = [];
  for (const key of (await context.ledger.keys()).filter(had)) found.push(await findKey(context, refOf(key)));
  const names = await namesOf(context, machine);
  const unasked = local ? [] : await addListed(context, names, found);
  const rows = found.filter((key) => !isToDo(key)).map(({ document: { ref, id } }) => revokedRow(ref, id));
  const told = (await revokedFromHere(context, names)).filter(({ ref }) => !rows.some((row) => row.ref === ref));
  const keys = { living: found.filter(isToDo), revoked: [...rows, ...told], unasked };
  if (keys.living.length + keys.revoked.length === 0) throw nothingOf(machine, keys);
  return keys;
}

const revokedRow = (ref: string, id: string): RevokeRow => ({ ref, id, state: 'revoked', error: null });

/** As that machine names keys for the person who asks: by itself, and one for each client. */
async function namesOf(context: Context, host: string): Promise<ReadonlySet<string>> {
  const own = defaultName({ user: context.user, host });
  const clients = await context.clients();
  return new Set([own, ...clients.flatMap(({ id }) => [`${own}-${id}`, `${host}-${id}`])]);
}

/** Adds to `found` what the profiles' services list under these names. */
async function addListed(
  context: Context,
  names: ReadonlySet<string>,
  found: FoundKey[],
): Promise<MachineKeys['unasked']> {
  const unasked: { profile: string; error: UserError }[] = [];
  for (const profile of context.profiles.list()) {
    const known = new Map((await context.ledger.keys(profile.name)).map((record) => [record.id, record]));
    const here = new Set(found.filter((key) => key.profile.name === profile.name).map(({ document: { id } }) => id));
    try {
      for await (const document of listKeys(context, profile, { local: false })) {
        if (!names.has(document.name) || here.has(document.id)) continue;
        const record = known.get(document.id);
        found.push({ profile, record, document: record ? keptDocument(record, context.now()) : document });
      }
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      unasked.push({ profile: profile.name, error });
    }
  }
  return unasked;
}

/** A key that was known to its service alone is in the history when it is gone from the list. */
async function revokedFromHere({ ledger }: Context, names: ReadonlySet<string>): Promise<readonly RevokeRow[]> {
  const rows = new Map<string, RevokeRow>();
  for (const { command, ref, oldId } of await ledger.history()) {
    if (command !== 'revoke' || ref === null || oldId === null || !names.has(ref.slice(ref.indexOf('/') + 1))) continue;
    rows.set(ref, revokedRow(ref, oldId));
  }
  return [...rows.values()];
}

function nothingOf(machine: string, { unasked }: MachineKeys): UserError {
  const nothing = `No key was made or placed on "${machine}" as far as is known here, and no service lists one of its name.`;
  return new UserError('not_found', [nothing, ...unaskedLines({ unasked })].join(' '), {
    hint: 'mcpkey list --all-profiles',
  });
}

/** Throws `partial` where a service may have more keys of that machine. */
export function refuseUnasked(keys: Pick<MachineKeys, 'unasked'>): void {
  const [first] = keys.unasked;
  if (first) throw new UserError('partial', unaskedLines(keys).join(' '), { hint: first.error.hint });
}

export const unaskedLines = ({ unasked }: Pick<MachineKeys, 'unasked'>): readonly string[] =>
  unasked.map(({ profile, error }) => `The service of ${profile} could not be asked: ${error.message}`);
