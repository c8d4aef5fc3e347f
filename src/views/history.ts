import type { Column, Io } from '../io.ts';
import type { HistoryEntry } from '../ledger.ts';
import { formatAgo } from './times.ts';

/** `now` in ms. On a terminal times stand as people say them; `--format` json and csv have them exact. */
export function historyColumns(io: Io, now: number): readonly Column<HistoryEntry>[] {
  const when = (at: string | null) => (at === null ? '' : io.stdoutTty ? formatAgo(at, now) : inFull(at));
  return [
    { title: 'WHEN', text: ({ at }) => when(at) },
    { title: 'ID', text: (entry) => entry.id, rank: 3 },
    { title: 'COMMAND', text: (entry) => entry.command },
    { title: 'KEY', text: (entry) => entry.ref ?? '', rank: 1 },
    {
      title: 'SERVICE ID',
      text: ({ oldId, newId }) => [oldId, newId].filter((id) => id !== null).join(' → '),
      rank: 4,
    },
    { title: 'BY', text: (entry) => `${entry.actor}@${entry.host}`, rank: 5 },
    { title: 'RUN', text: (entry) => entry.run ?? '', rank: 6 },
    {
      title: 'OUTCOME',
      text: (entry) => (entry.outcome === 'done' ? 'done' : io.color('yellow', entry.outcome)),
      rank: 2,
    },
    { title: 'PROVED', text: (entry) => when(entry.provedAt), rank: 7 },
    { title: 'OLD REFUSED', text: (entry) => when(entry.oldRefusedAt), rank: 8 },
  ];
}

const inFull = (at: string): string => at.replace('T', ' ').replace(/\.\d+Z$/, 'Z');

const FIELDS = [
  'id',
  'at',
  'actor',
  'host',
  'run',
  'command',
  'ref',
  'oldId',
  'newId',
  'provedAt',
  'oldRefusedAt',
  'outcome',
  'undoable',
] as const satisfies readonly (keyof HistoryEntry)[];

/** Lines of RFC 4180, the head first; an unknown value is an empty field. */
export function* historyCsv(entries: readonly HistoryEntry[]): Generator<string> {
  yield FIELDS.join(',');
  for (const entry of entries) yield FIELDS.map((field) => csvField(entry[field])).join(',');
}

function csvField(value: string | boolean | null): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
