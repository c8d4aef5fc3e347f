import type { Column, Io } from '../io.ts';
import type { KeyDocument } from '../keys/document.ts';
import { formatAgo, formatBoth } from './times.ts';

/** The columns of `list`; exact times are in `--json`. `now` in ms. */
export const keyColumns = (io: Io, now: number): readonly Column<KeyDocument>[] => [
  { title: 'KEY', text: (key) => key.ref },
  { title: 'ID', text: (key) => key.id, rank: 3 },
  { title: 'PREFIX', text: (key) => key.prefix ?? '', rank: 4 },
  { title: 'STATUS', text: (key) => io.color(statusColor(key.status), key.status) },
  { title: 'STORED', text: (key) => (key.stored ? 'yes' : 'no'), rank: 1 },
  { title: 'EXPIRES', text: (key) => (key.expiresAt ? formatAgo(key.expiresAt, now) : ''), rank: 2 },
  { title: 'LAST USED', text: (key) => (key.lastUsedAt ? formatAgo(key.lastUsedAt, now) : ''), rank: 6 },
  { title: 'SCOPES', text: (key) => key.scopes.join(' '), rank: 5 },
];

const statusColor = (status: KeyDocument['status']) =>
  status === 'active' ? 'green' : status === 'unknown' ? 'yellow' : 'red';

/** One key in full, a line a fact; never the secret. */
export function printKey(io: Io, key: KeyDocument, now: number): void {
  const lines: [string, string | null][] = [
    ['provider', key.provider],
    ['id', key.id],
    ['label', key.label === key.name ? null : key.label],
    ['prefix', key.prefix],
    ['status', key.status],
    ['stored', key.stored ? 'yes' : 'no'],
    ['scopes', key.scopes.join(', ') || null],
    ['created', key.createdAt && formatBoth(key.createdAt, now)],
    ['expires', key.expiresAt && formatBoth(key.expiresAt, now)],
    ['last used', key.lastUsedAt && formatAgo(key.lastUsedAt, now)],
    ['addresses', key.allowedIps.join(', ') || null],
    ...Object.entries(key.metadata),
    [
      'old key',
      key.previous &&
        `${key.previous.id}, lives until ${key.previous.revokeAt ? formatBoth(key.previous.revokeAt, now) : 'it is revoked by hand'}`,
    ],
  ];
  io.out(io.bold(key.ref));
  for (const [name, text] of lines) {
    if (text) io.out(`  ${name.padEnd(10)} ${text}`);
  }
  for (const placement of key.placements) {
    io.out(`  placed     ${placement.client} "${placement.server}" (${placement.mode}) ${placement.path}`);
  }
}
