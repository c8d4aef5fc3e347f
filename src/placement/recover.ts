/** What a crash left in the middle of a change: finished where every file was written, else put back. */
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { journalNames, type LeftJournal, readJournals } from '../journal.ts';
import { followLinks, readBytes, removeFile } from '../system/files.ts';
import { namesIn, sweepTemporaries, sweepTemporary } from '../system/leftovers.ts';
import { applyToLedger } from './book.ts';
import { JOURNAL, LOCK, recordChange } from './change-files.ts';
import { asChange, type Change, type ChangedFile, digest, forgetChange, readSealed } from './kept.ts';
import { createUnsealer } from './seals.ts';
import type { LedgerChange } from './types.ts';
import { putBack } from './write.ts';

type Parts = Pick<Context, 'locks' | 'paths' | 'vault' | 'ledger' | 'profiles'>;

/** One look into one folder where nothing was left. Resolves to what was done, a line each, to be told to the person. */
export async function recoverPlacements(context: Parts): Promise<readonly string[]> {
  const { journals } = context.paths;
  const begun = (await namesIn(journals)).some((name) => name.startsWith(`.${JOURNAL}-`));
  if (!begun && (await journalNames(journals, JOURNAL)).length === 0) return [];
  // Whoever holds the lock is at work and no crash; when it is ours, what is left was left.
  return context.locks.with(LOCK, async () => {
    const told: string[] = [];
    await sweepTemporaries(journals, `${JOURNAL}-`);
    for (const left of await readJournals(context.paths.journals, JOURNAL)) told.push(await recoverOne(context, left));
    return told;
  });
}

async function recoverOne(context: Parts, left: LeftJournal): Promise<string> {
  const [first, ...steps] = left.records;
  const change = first === undefined ? undefined : asChange(first, left.path);
  if (!change) {
    await removeFile(left.path);
    return 'A change was cut short before it began; nothing had been written.';
  }
  for (const file of change.files) await sweepTemporary(file.path);
  const written = await filesWritten(change);
  if (steps.length > 0 || written.length === change.files.length) return finish(context, left, change);
  if (!change.sealed && written.length > 0) return keepPart(context, left, change, written);
  return rollBack(context, left, change, written);
}

async function filesWritten(change: Change): Promise<readonly ChangedFile[]> {
  const states = await Promise.all(change.files.map(async (file) => digest(await readBytes(file.path)) === file.after));
  return change.files.filter((_, index) => states[index]);
}

async function finish(context: Parts, left: LeftJournal, change: Change): Promise<string> {
  await applyToLedger(context, change.ledger);
  await sweepRecords(context, change.ledger);
  const known = (await context.ledger.history()).some((entry) => entry.id === change.id);
  if (!known) await recordChange(context, change);
  await removeFile(left.path);
  return `A "${change.command}" that was cut short was finished: ${paths(change.files)}.`;
}

async function rollBack(
  context: Parts,
  left: LeftJournal,
  change: Change,
  written: readonly ChangedFile[],
): Promise<string> {
  try {
    const unseal = written.length > 0 ? await createUnsealer(context) : undefined;
    for (const [index, file] of change.files.entries()) {
      const sealed = written.includes(file) ? await readSealed(context, change.id, index) : undefined;
      if (!unseal || !sealed) continue;
      const { before } = await unseal(sealed);
      await context.locks.withFile(file.path, () => putBack(file, before ?? undefined));
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return `A "${change.command}" was cut short and waits to be put back (${paths(written)}): ${error.message}`;
  }
  await forgetChange(context, change.id);
  await removeFile(left.path);
  return `A "${change.command}" that was cut short was put back; run it again.`;
}

/** Without the bytes of before there is no way back: what stands in the files is what the ledger says. */
async function keepPart(
  context: Parts,
  left: LeftJournal,
  change: Change,
  written: readonly ChangedFile[],
): Promise<string> {
  const stands = new Set(written.map((file) => file.path));
  const part = async (list: LedgerChange['added']) => {
    const real = await Promise.all(list.map(({ placement }) => followLinks(placement.path)));
    return list.filter((_, index) => stands.has(real[index] ?? ''));
  };
  const { added, removed, bindings } = change.ledger;
  await applyToLedger(context, { added: await part(added), removed: await part(removed), bindings });
  await removeFile(left.path);
  return `A "${change.command}" was cut short. Done in ${paths(written)}; run it again for the rest.`;
}

const paths = (files: readonly ChangedFile[]) => files.map((file) => file.path).join(', ') || 'no file';

/** Beside the records of the keys that the change was about, each under its own lock. */
async function sweepRecords({ ledger, locks }: Parts, { added, removed }: LedgerChange): Promise<void> {
  for (const ref of new Set([...added, ...removed].map((owned) => owned.ref))) {
    const slash = ref.indexOf('/');
    const record = ledger.generationFile(ref.slice(0, slash), ref.slice(slash + 1));
    await locks.with(`key ${ref}`, () => sweepTemporary(record));
  }
}
