import { defineCommand, flag, value } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT_CODES, errorDocument, UserError } from '../errors.ts';
import { keptDocument } from '../keys/document.ts';
import { type FoundKey, findKey } from '../keys/find.ts';
import { dropKey } from '../keys/forget.ts';
import { keysOfMachine, type MachineKeys, refuseUnasked, unaskedLines } from '../keys/machine.ts';
import { isToDo, type RevokeRow, revokeKey } from '../keys/revoke.ts';
import { unplaceKey } from '../placement/unplace.ts';
import { heldByRotations } from '../rotation/held.ts';
import { rotationPlaces } from '../rotation/shared-journals.ts';
import { typed } from '../typed.ts';
import { printFailure } from '../views/failure.ts';
import { terminalGuide } from '../views/guide.ts';

export const command = defineCommand({
  summary: 'Take a key back',
  details:
    'Revokes it at the service, sees it refused (within a minute, or --max-wait), takes it out of every file, and forgets it here.',
  arguments: [{ name: 'KEY', summary: 'keys to revoke', variadic: true, completes: 'key' }],
  options: {
    machine: value('HOST', 'every key that was made or placed on this machine, or that a service lists under its name'),
    keepPlacements: flag("leave the entries in the clients' files"),
    forget: flag('ask no service: take it out of the files and forget it here, whether it lives on there or not'),
  },
  examples: [
    { run: 'mcpkey revoke stock/ci', does: 'asks first' },
    { run: 'mcpkey revoke stock/ci stock/old -y', does: 'two keys, without asking' },
    { run: 'mcpkey revoke --machine ann-laptop', does: 'all that a lost laptop had' },
    {
      run: 'mcpkey revoke stock/ci --forget',
      does: 'where the service cannot be asked, or its endpoint proves nothing',
    },
  ],
  async run(context, { args, options }) {
    const { keys, others } = await chosen(context, args, options);
    await ask(context, keys, options.forget);
    const rows: RevokeRow[] = [];
    for (const key of keys) rows.push(await revokeOne(context, key, options));
    if (keys.length === 0 && others) rows.push(...others.revoked);
    const code = report(context, rows);
    return others ? tellUnasked(context, others, rows) || code : code;
  },
});

/** Who may have more keys of that machine, unless a key of theirs says so already: 0, or the exit code of that. */
function tellUnasked({ io }: Context, { unasked }: MachineKeys, rows: readonly RevokeRow[]): number {
  const isTold = (profile: string) => rows.some(({ ref, error }) => error !== null && ref.startsWith(`${profile}/`));
  const untold = { unasked: unasked.filter(({ profile }) => !isTold(profile)) };
  if (!io.json) refuseUnasked(untold);
  for (const line of unaskedLines(untold)) io.warn(line);
  return untold.unasked.length === 0 ? 0 : EXIT_CODES.partial;
}

interface Chosen {
  readonly keys: readonly FoundKey[];
  /** Of a machine: the rows of those that are revoked already, and who could not be asked. */
  readonly others?: MachineKeys;
}

async function chosen(
  context: Context,
  refs: readonly string[],
  { machine, forget }: { machine: string | undefined; forget: boolean },
): Promise<Chosen> {
  if (refs.length > 0 === (machine !== undefined)) {
    throw new UserError('usage', 'Name the keys, or a machine with --machine.', { hint: 'mcpkey revoke PROFILE/NAME' });
  }
  if (machine !== undefined) {
    const others = await keysOfMachine(context, machine, { local: forget });
    return { keys: others.living, others };
  }
  const keys: FoundKey[] = [];
  for (const ref of refs) keys.push(await findKey(context, ref));
  return { keys };
}

async function ask(context: Context, keys: readonly FoundKey[], forget: boolean): Promise<void> {
  const living = keys.filter((key) => forget || isToDo(key));
  if (living.length === 0 || context.options.yes) return;
  const names = living.map(shownOf).join(', ');
  const question = forget
    ? `Forget ${names} here? What lives on at the service is not revoked by that.`
    : `Revoke ${names}? This is for good.`;
  const sure = await context.io.confirm(question, {
    hint: 'Add --yes to revoke without being asked.',
  });
  if (!sure) throw new UserError('usage', 'Nothing was revoked.', { hint: 'mcpkey revoke KEY --yes' });
}

/** By its name too, where the ref has the id because another key is called so. */
const shownOf = ({ document: { ref, name } }: FoundKey): string =>
  ref.endsWith(`/${name}`) ? ref : `${ref} ("${name}")`;

interface RevokeOptions {
  readonly keepPlacements: boolean;
  readonly forget: boolean;
}

/** Alone with the key: a rotation of it beside this would make a key that nobody takes back. */
async function revokeOne(context: Context, key: FoundKey, options: RevokeOptions): Promise<RevokeRow> {
  const { ref, id } = key.document;
  try {
    if (!key.record) {
      await refuseRotating(context, key);
      return await revokeFound(context, key, options);
    }
    return await rotationPlaces(context).claim(key.record, async () =>
      revokeFound(context, await readAgain(context, key), options),
    );
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { ref, id, state: 'failed', error: errorDocument(error) };
  }
}

/** The new key of a rotation: that would go on with one that is dead. */
async function refuseRotating(context: Context, { profile, document: { ref, id } }: FoundKey): Promise<void> {
  const replaced = (await heldByRotations(context, profile.name)).get(id);
  if (replaced === undefined) return;
  throw new UserError('conflict', `${ref} is the new key of ${replaced}, whose rotation has not ended.`, {
    hint: typed`mcpkey rotate ${replaced} --resume`,
  });
}

/** A rotation may have ended since the key was named. */
async function readAgain({ ledger, now }: Context, { profile, document: { ref, name } }: FoundKey): Promise<FoundKey> {
  const record = await ledger.key(profile.name, name);
  if (!record) throw notKept(ref);
  return { profile, record, document: keptDocument(record, now()) };
}

async function revokeFound(
  context: Context,
  { profile, record, document }: FoundKey,
  { keepPlacements, forget }: RevokeOptions,
): Promise<RevokeRow> {
  const { ref, id, label, name } = document;
  const unplace = async (key: Parameters<typeof unplaceKey>[1]) => {
    await unplaceKey(context, key);
  };
  const letGo = { keepPlacements, unplace };
  if (forget) {
    if (!record) throw notKept(ref);
    await dropKey(context, record, letGo);
    return { ref, id, state: 'forgotten', error: null };
  }
  if (isToDo({ document, record })) {
    const connection = await context.connect(profile);
    await revokeKey(context, connection, { id, label, name, record }, letGo, terminalGuide(context));
  }
  return { ref, id, state: 'revoked', error: null };
}

const notKept = (ref: string) =>
  new UserError('not_found', `${ref} is not kept here, so there is nothing to forget.`, {
    hint: 'mcpkey list --local',
  });

/** One key alone exits with its error's code; of several, all failed of one code: that code; some: partial. */
function report(context: Context, rows: readonly RevokeRow[]): number {
  const { io } = context;
  if (io.json) io.document(rows);
  for (const { ref, state, error } of io.json ? [] : rows) {
    if (error === null) io.out(`${io.color('green', '✓')} ${ref} is ${state}.`);
    else printFailure(io, ref, error);
  }
  const codes = new Set(rows.map((row) => (row.error ? EXIT_CODES[row.error.code] : 0)));
  const [only = 0] = codes;
  return codes.size > 1 ? EXIT_CODES.partial : only;
}
