/** What `undo` needs of a change, one folder a change below data/undo, for 30 days. */
import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConfigFormat } from '../clients/types.ts';
import type { Context } from '../context.ts';
import { isSystemError } from '../errors.ts';
import { readBytes, readText, writeAtomic } from '../system/files.ts';
import { brokenFile, parseOwnJson } from '../system/json.ts';
import { seal } from './seals.ts';
import type { LedgerChange, LiftedKey, PlacementChange } from './types.ts';

const DAY = 86_400_000;
const KEPT_FOR = 30 * DAY;

/** One file of a change. Digests are SHA-256 in hex; null: no file. */
export interface ChangedFile {
  readonly path: string;
  readonly format: ConfigFormat;
  readonly before: string | null;
  readonly after: string | null;
  /** Permission bits before, or null. */
  readonly mode: number | null;
  /** Folders that were made for it, outermost first. */
  readonly folders: readonly string[];
}

/** A change as the journal and `undo` know it; no secret is in it. */
export interface Change {
  readonly id: string;
  readonly command: string;
  readonly ref: string | null;
  readonly files: readonly ChangedFile[];
  readonly ledger: LedgerChange;
  readonly rows: readonly Omit<PlacementChange, 'diff' | 'changed'>[];
  /** Whether the bytes are kept. */
  readonly sealed: boolean;
  /** Keys in clear in the bytes of before. */
  readonly lifted?: readonly LiftedKey[] | undefined;
}

export interface FileBytes {
  readonly before: Buffer | undefined;
  readonly after: Buffer | undefined;
}

export const digest = (bytes: Buffer | undefined): string | null =>
  bytes === undefined ? null : createHash('sha256').update(bytes).digest('hex');

type Parts = Pick<Context, 'paths'>;

const folderOf = ({ paths }: Parts, id: string) => join(paths.undo, id);
const FILE = 'change.json';

export async function keepChange(
  context: Parts,
  change: Change,
  bytes: readonly FileBytes[],
  recipient: string,
): Promise<void> {
  const folder = folderOf(context, change.id);
  const keeping = bytes.map(async ({ before, after }, index) => {
    const sealed = await seal(recipient, { before: before ?? null, after: after ?? null });
    await writeAtomic(join(folder, `${index}.age`), sealed);
  });
  // All of them have ended before a failure is told: whoever cleans up behind it finds nobody writing.
  const failed = (await Promise.allSettled(keeping)).find((each) => each.status === 'rejected');
  if (failed) throw failed.reason;
  await writeAtomic(join(folder, FILE), `${JSON.stringify(change)}\n`);
}

/** Undefined where nothing is kept under this id (any more). */
export async function readChange(context: Parts, id: string): Promise<Change | undefined> {
  if (!/^[a-z0-9]+$/.test(id)) return undefined;
  const path = join(folderOf(context, id), FILE);
  const text = await readText(path);
  return text === undefined ? undefined : asChange(parseOwnJson(text, path), path);
}

/** Checks what the parts that follow rely on. */
export function asChange(value: unknown, path: string): Change {
  const fields: Partial<Record<keyof Change, unknown>> = typeof value === 'object' && value !== null ? value : {};
  const whole = typeof fields.id === 'string' && Array.isArray(fields.files) && Array.isArray(fields.rows);
  if (whole && typeof fields.ledger === 'object' && isChange(value)) return value;
  throw brokenFile(path, 'not the record of a change');
}

const isChange = (value: unknown): value is Change => typeof value === 'object' && value !== null && 'ledger' in value;

export async function readSealed(context: Parts, id: string, index: number): Promise<Buffer | undefined> {
  return readBytes(join(folderOf(context, id), `${index}.age`));
}

export const forgetChange = (context: Parts, id: string): Promise<void> =>
  rm(folderOf(context, id), { recursive: true, force: true });

/** Takes away what is older than 30 days. `now` in ms. */
export async function forgetOldChanges(context: Parts, now: number): Promise<void> {
  for (const id of await keptIds(context)) {
    const { mtimeMs } = await stat(folderOf(context, id)).catch(() => ({ mtimeMs: now }));
    if (now - mtimeMs > KEPT_FOR) await forgetChange(context, id);
  }
}

export async function keptIds({ paths }: Parts): Promise<readonly string[]> {
  try {
    return await readdir(paths.undo);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}
