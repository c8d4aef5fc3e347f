/**
 * A change of several files and the ledger: all or none. The files are locked and read, the plan is made from their
 * bytes, what undo needs is kept, and a journal stands on the disk before the first write and until the last one.
 */
import { stat } from 'node:fs/promises';
import type { ConfigFormat } from '../clients/types.ts';
import type { Context } from '../context.ts';
import { Cancelled, UserError } from '../errors.ts';
import { newJournalId, openJournal } from '../journal.ts';
import { checkReplaceable, readRegular, writeAtomic } from '../system/files.ts';
import { applyToLedger, reverse } from './book.ts';
import { type Held, underAll } from './held.ts';
import { type Change, digest, type FileBytes, forgetChange, forgetOldChanges, keepChange } from './kept.ts';
import { sealRecipient } from './seals.ts';
import type { LedgerChange, LiftedKey, PlacementChange } from './types.ts';
import { putBack, takeAway } from './write.ts';

/** Kind of the journals of this module. */
export const JOURNAL = 'placement';
/** Lock that every change holds, so that what a crash left is told from what goes on. */
export const LOCK = 'placement';
const TRIES = 3;

export interface PlannedFile {
  /** Free of links, as in the map that the plan was made from. */
  readonly path: string;
  readonly format: ConfigFormat;
  /** Undefined: the file goes. */
  readonly after: Buffer | undefined;
  /** Permission bits that the file must have, and those of a new one. */
  readonly mode?: number | undefined;
  readonly freshMode?: number | undefined;
  /** Folders that are made for it or go with it, outermost first. */
  readonly folders?: readonly string[] | undefined;
}

export interface Plan {
  readonly files: readonly PlannedFile[];
  readonly ledger: LedgerChange;
  readonly rows: readonly PlacementChange[];
  /** Keys in clear in the bytes of before. */
  readonly lifted?: readonly LiftedKey[] | undefined;
}

export interface ChangeRequest<P extends Plan> {
  readonly command: string;
  readonly ref: string | null;
  /** Free of links, each once. */
  readonly paths: readonly string[];
  /** Decides from the bytes; changes nothing. May be called again with other bytes. */
  plan(bytes: ReadonlyMap<string, Buffer | undefined>): Promise<P>;
}

export interface Changed<P> {
  readonly plan: P;
  readonly id: string | undefined;
  readonly warnings: readonly string[];
}

type Parts = Pick<Context, 'locks' | 'paths' | 'vault' | 'ledger' | 'profiles' | 'now' | 'signal'>;

/** A file was written by someone else between our reading and our rename. */
class ChangedMeanwhile extends Error {
  readonly path: string;
  constructor(path: string) {
    super(`${path} changed meanwhile`);
    this.path = path;
  }
}

/** Throws what the plan throws; `conflict` where a file keeps changing. */
export async function changeFiles<P extends Plan>(context: Parts, request: ChangeRequest<P>): Promise<Changed<P>> {
  const paths = [...new Set(request.paths)].sort();
  return context.locks.with(LOCK, (own) =>
    underAll(context, paths, { own, files: new Map() }, async (held) => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await changeOnce(context, { ...request, paths }, held);
        } catch (error) {
          if (!(error instanceof ChangedMeanwhile)) throw error;
          if (attempt === TRIES) {
            throw new UserError('conflict', `${error.path} is being changed by another program.`, {
              hint: 'Close the program that writes it, and run the command again.',
            });
          }
        }
      }
    }),
  );
}

async function changeOnce<P extends Plan>(context: Parts, request: ChangeRequest<P>, held: Held): Promise<Changed<P>> {
  const bytes = new Map<string, Buffer | undefined>();
  for (const path of request.paths) bytes.set(path, await readRegular(path));
  const plan = await request.plan(bytes);
  const files = plan.files.filter((file) => digest(file.after) !== digest(bytes.get(file.path)));
  const { ledger } = plan;
  if (files.length === 0 && ledger.added.length + ledger.removed.length + ledger.bindings.length === 0) {
    return { plan, id: undefined, warnings: [] };
  }
  if (context.signal.aborted) throw new Cancelled();
  const recipient = files.length > 0 ? await sealRecipient(context) : undefined;
  // A change of the ledger alone has no bytes to seal.
  const sealed = files.length === 0 || typeof recipient === 'string';
  const change: Change = { ...(await describe(request, plan, files, bytes)), sealed };
  const pairs = files.map((file): FileBytes => ({ before: bytes.get(file.path), after: file.after }));
  const keep = async () => {
    if (sealed) await keepChange(context, change, pairs, typeof recipient === 'string' ? recipient : '');
  };
  await carryOut(context, change, { files, bytes: pairs, keep }, held);
  await forgetOldChanges(context, context.now());
  const warnings =
    recipient instanceof UserError ? [`This change cannot be undone with "mcpkey undo": ${recipient.message}`] : [];
  return { plan, id: change.id, warnings };
}

async function describe(
  request: ChangeRequest<Plan>,
  plan: Plan,
  files: readonly PlannedFile[],
  bytes: ReadonlyMap<string, Buffer | undefined>,
): Promise<Omit<Change, 'sealed'>> {
  const { command, ref } = request;
  const changed = await Promise.all(
    files.map(async ({ path, format, after, folders = [] }) => {
      const before = bytes.get(path);
      const mode = before === undefined ? null : (await stat(path)).mode & 0o7777;
      return { path, format, before: digest(before), after: digest(after), mode, folders };
    }),
  );
  const rows = plan.rows.filter((row) => row.changed).map(({ diff: _diff, changed: _changed, ...row }) => row);
  const { ledger, lifted } = plan;
  return { id: newJournalId(), command, ref, files: changed, ledger, rows, ...(lifted && { lifted }) };
}

interface Work {
  readonly files: readonly PlannedFile[];
  readonly bytes: readonly FileBytes[];
  /** Keeps what undo needs. */
  readonly keep: () => Promise<void>;
}

/** The journal comes first, so that whatever is cut short is found; what is kept for undo comes before the first file. */
async function carryOut(context: Parts, change: Change, { files, bytes, keep }: Work, held: Held): Promise<void> {
  const journal = await openJournal<unknown>(context.paths.journals, JOURNAL, change, change.id);
  let written = 0;
  try {
    await keep();
    for (const [index, file] of files.entries()) {
      await writeOne(file, bytes[index]?.before, held);
      written = index + 1;
    }
    await journal.append({ step: 'files' });
    await applyToLedger(context, change.ledger);
  } catch (error) {
    for (const [index, file] of change.files.slice(0, written).entries()) await putBack(file, bytes[index]?.before);
    await applyToLedger(context, reverse(change.ledger)).catch(() => undefined);
    await forgetChange(context, change.id);
    await journal.close();
    throw error;
  }
  await recordChange(context, change);
  await journal.close();
}

export async function recordChange(
  context: Pick<Context, 'ledger'>,
  { id, command, ref, sealed, files, rows }: Change,
): Promise<void> {
  const changed = files.length > 0 || rows.length > 0;
  await context.ledger.record({ id, command, ref, outcome: 'done', undoable: sealed && changed });
}

/** Looks at its locks and at the bytes once more when only the rename is left. */
async function writeOne(file: PlannedFile, before: Buffer | undefined, { own, files }: Held): Promise<void> {
  const check = async () => {
    for (const lock of [own, files.get(file.path)]) await lock?.verify();
    if (digest(await readRegular(file.path)) !== digest(before)) throw new ChangedMeanwhile(file.path);
  };
  if (file.after === undefined) {
    await checkReplaceable(file.path);
    await check();
    await takeAway(file.path, file.folders ?? []);
    return;
  }
  const mode = file.mode === undefined ? {} : { mode: file.mode };
  const freshMode = file.freshMode === undefined ? {} : { freshMode: file.freshMode };
  await writeAtomic(file.path, file.after, { ...mode, ...freshMode, beforeRename: check });
}
