import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { batched } from '../batched.ts';
import { isSystemError } from '../errors.ts';
import type { HistoryEntry, Ledger, NewHistoryEntry } from '../ledger.ts';
import { fileError } from '../system/faults.ts';
import { appendSynced, readText } from '../system/files.ts';
import { brokenFile } from '../system/json.ts';
import type { Locks } from '../system/types.ts';

export type History = Pick<Ledger, 'record' | 'history' | 'verifyHistory'>;

export interface Author {
  readonly actor: string;
  readonly host: string;
  /** Address of the CI run, or null. */
  readonly run: string | null;
  now(): number;
}

/** More than the longest entry: the tail of the file that is read to find the last one. */
const TAIL = 64 * 1024;

/**
 * The history: one JSON line an entry, appended under a lock; those that wait for it in one process go together. Each
 * line's `hash` is the SHA-256 of the hash before it and the line without its own, so a line that was changed, taken out
 * or moved no longer fits. Lines cut off at the very end cannot be told from a shorter history.
 */
export function createHistory(path: string, locks: Locks, author: Author): History {
  return {
    record: batched((entries: readonly NewHistoryEntry[]) =>
      locks.with('log', async (lock) => {
        const chained = chainEntries(lastLine(path), entries, author);
        await lock.verify();
        await appendSynced(path, chained.map((entry) => JSON.stringify(entry)).join('\n'));
        return chained;
      }),
    ),
    history: async () => readEntries(await lines(path), path),
    verifyHistory: async () => firstUnfit(await lines(path)),
  };
}

/** Throws `bad_config_file` where a line is no entry; `where` names the history. */
export function readEntries(lines: readonly string[], where: string): readonly HistoryEntry[] {
  return lines.map((line, index) => {
    const entry = parseEntry(line);
    if (entry) return entry;
    throw brokenFile(where, `line ${index + 1}: not an entry of the history`);
  });
}

/** The id of the first entry that does not fit the one before, or its line's number where it is none. */
export function firstUnfit(lines: readonly string[]): string | undefined {
  let before = '';
  for (const [index, line] of lines.entries()) {
    const entry = parseEntry(line);
    if (!entry) return `line ${index + 1}`;
    const { hash, ...rest } = entry;
    if (hash !== chainHash(before, rest)) return entry.id;
    before = hash;
  }
  return undefined;
}

/** The entry that follows `last`, the line before it, or begins a history. */
export function chainEntry(last: string | undefined, entry: NewHistoryEntry, author: Author): HistoryEntry {
  const filled = fill(entry, author);
  return { ...filled, hash: chainHash(last === undefined ? '' : hashOf(last), filled) };
}

function chainEntries(last: string | undefined, entries: readonly NewHistoryEntry[], author: Author): HistoryEntry[] {
  let line = last;
  return entries.map((entry) => {
    const chained = chainEntry(line, entry, author);
    line = JSON.stringify(chained);
    return chained;
  });
}

/** In the order in which it is written and hashed. */
function fill(entry: NewHistoryEntry, author: Author): Omit<HistoryEntry, 'hash'> {
  return {
    id: entry.id ?? randomBytes(5).toString('hex'),
    at: entry.at ?? new Date(author.now()).toISOString(),
    actor: entry.actor ?? author.actor,
    host: entry.host ?? author.host,
    run: entry.run ?? author.run,
    command: entry.command,
    ref: entry.ref ?? null,
    oldId: entry.oldId ?? null,
    newId: entry.newId ?? null,
    provedAt: entry.provedAt ?? null,
    oldRefusedAt: entry.oldRefusedAt ?? null,
    outcome: entry.outcome ?? 'done',
    undoable: entry.undoable ?? false,
  };
}

function chainHash(before: string, entry: object): string {
  return createHash('sha256')
    .update(`${before}\n${JSON.stringify(entry)}`)
    .digest('hex');
}

/** What the next line is chained to. A line that someone broke still gives a hash, so the history goes on behind it. */
function hashOf(line: string): string {
  return parseEntry(line)?.hash ?? createHash('sha256').update(line).digest('hex');
}

function parseEntry(line: string): HistoryEntry | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isEntry(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isEntry(value: unknown): value is HistoryEntry {
  if (typeof value !== 'object' || value === null) return false;
  const fields: Partial<Record<keyof HistoryEntry, unknown>> = value;
  return (['id', 'at', 'actor', 'host', 'command', 'outcome', 'hash'] as const).every(
    (field) => typeof fields[field] === 'string',
  );
}

/** Every entry's line. The rest of one that a crash cut short was never an entry. */
async function lines(path: string): Promise<readonly string[]> {
  const pieces = ((await readText(path)) ?? '').split('\n');
  return parseEntry(pieces.at(-1) ?? '') ? pieces : pieces.slice(0, -1);
}

/** The last entry's line. What a crash left behind it is cut away, so that the next one stands alone. */
function lastLine(path: string): string | undefined {
  try {
    const file = fs.openSync(path, 'r+');
    try {
      return mendedEnd(file, path);
    } finally {
      fs.closeSync(file);
    }
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw fileError(error, path, 'write');
  }
}

function mendedEnd(file: number, path: string): string | undefined {
  const { size } = fs.fstatSync(file);
  const start = Math.max(0, size - TAIL);
  const buffer = Buffer.alloc(size - start);
  const tail = buffer.subarray(0, fs.readSync(file, buffer, { position: start }));
  const end = tail.lastIndexOf('\n') + 1;
  const rest = tail.subarray(end).toString('utf8');
  if (parseEntry(rest)) {
    fs.writeSync(file, '\n', size);
    return rest;
  }
  if (end === 0 && start > 0) throw brokenFile(path, `the last line is longer than ${TAIL} bytes`);
  if (rest !== '') fs.ftruncateSync(file, start + end);
  if (end === 0) return undefined;
  return tail.subarray(tail.lastIndexOf('\n', end - 2) + 1, end - 1).toString('utf8');
}
