import type { Column, Io } from '../io.ts';
import type { ProfileDocument, ProfileRow, WhoamiRow } from '../session/state.ts';
import { formatAgo } from './times.ts';

export const profileColumns = (io: Io): readonly Column<ProfileRow>[] => [
  { title: 'PROFILE', text: (row) => (row.default ? io.bold(row.profile) : row.profile) },
  { title: 'DEFAULT', text: (row) => (row.default ? 'yes' : ''), rank: 3 },
  { title: 'PROVIDER', text: (row) => row.provider, rank: 1 },
  { title: 'LOGGED IN', text: (row) => loggedIn(io, row.loggedIn) },
  { title: 'URL', text: (row) => row.url ?? '', rank: 4 },
  { title: 'MCP URL', text: (row) => row.mcpUrl ?? '', rank: 2 },
  { title: 'ORG', text: (row) => row.org ?? '', rank: 5 },
];

/** `now` in ms. */
export const whoamiColumns = (io: Io, now: number): readonly Column<WhoamiRow>[] => [
  { title: 'PROFILE', text: (row) => row.profile },
  { title: 'PROVIDER', text: (row) => row.provider, rank: 2 },
  { title: 'ACCOUNT', text: (row) => row.account ?? '' },
  { title: 'METHOD', text: (row) => (row.source === 'environment' ? 'environment' : (row.method ?? '')), rank: 1 },
  { title: 'LOGGED IN', text: (row) => loggedIn(io, row.loggedIn) },
  { title: 'TOKEN ENDS', text: (row) => (row.expiresAt ? formatAgo(row.expiresAt, now) : ''), rank: 3 },
];

const loggedIn = (io: Io, state: boolean | null): string =>
  state === null ? io.color('yellow', 'unknown') : state ? io.color('green', 'yes') : 'no';

/** Rows of the commands that change profiles: a document, or the table. */
export function printProfiles(io: Io, rows: readonly ProfileRow[]): void {
  if (io.json) io.document(rows);
  else io.table(rows, profileColumns(io));
}

/** One profile in full, a line a setting. */
export function printProfile(io: Io, profile: ProfileDocument): void {
  const lines: readonly [string, string | null][] = [
    ['provider', profile.provider],
    ['url', profile.url],
    ['mcp url', profile.mcpUrl],
    ['org', profile.org],
    ['logged in', profile.loggedIn === null ? 'unknown (the store cannot be asked)' : profile.loggedIn ? 'yes' : 'no'],
    ['method', profile.method],
    ['issuer', profile.issuer],
    ['client id', profile.clientId],
    ['audience', profile.audience],
    ['scopes', profile.scopes.join(' ') || null],
    ['header', profile.header],
    ['dashboard', profile.dashboard],
    ['key form', profile.keyPattern],
    ['command', profile.command?.join(' ') ?? null],
    ['variable', profile.env],
    [
      'more keys',
      Object.entries(profile.keys)
        .map(([name, ref]) => `${name}=${ref}`)
        .join(', ') || null,
    ],
    ['http', profile.allowHttp ? 'allowed to other hosts' : null],
    ['signing', profile.sign ? 'each request is signed' : null],
  ];
  io.out(`${io.bold(profile.profile)}${profile.default ? ' (default)' : ''}`);
  for (const [name, text] of lines) if (text) io.out(`  ${name.padEnd(10)} ${text}`);
}
