import type { Io } from '../io.ts';
import type { Overview, ServerState } from '../overview/overview.ts';
import { formatAgo } from './times.ts';

/** The state of this machine on one screen. `now` in ms. */
export function paintOverview(io: Io, page: Pick<Io, 'out' | 'table'>, state: Overview, now: number): void {
  const { servers, next } = state;
  if (servers.length === 0) page.out('No MCP client on this machine has a server yet.');
  page.table(servers, [
    { title: 'CLIENT', text: ({ title, scope }) => (scope === 'user' ? title : `${title} (${scope})`) },
    { title: 'SERVER', text: ({ server }) => server },
    { title: 'KEY', text: ({ ref }) => ref ?? io.dim('not mcpkey’s'), rank: 1 },
    { title: 'LIES IN', text: (row) => liesIn(io, row) },
    { title: 'ANSWERS', text: (row) => answers(io, row) },
  ]);
  const lines = remarks(io, state, now);
  if (lines.length > 0) page.out('');
  for (const line of lines) page.out(io.wrap(line));
  page.out('');
  const isPending = servers.some(({ answer }) => answer.pending);
  page.out(isPending ? io.dim('Next: …') : `Next: ${io.bold(next.run)}  ${io.dim(next.why)}`);
}

/** What needs someone, one line each. */
function remarks(io: Io, { servers, broken, endingSoon, byHand, toSync }: Overview, now: number): string[] {
  return [
    ...broken.map((message) => `${io.color('red', 'Broken:')} ${message}`),
    ...servers.flatMap(({ server, answer }) =>
      answer.error === null ? [] : [`${io.color('red', 'No answer:')} ${server}: ${answer.error}`],
    ),
    ...servers.flatMap(({ server, path, clearLine }) =>
      clearLine === null ? [] : [`${io.color('yellow', 'In clear:')} the key of ${server}, ${path}:${clearLine}`],
    ),
    ...toSync.map(
      (ref) => `${io.color('red', 'Old key:')} files or hooks of this machine still have the one before of ${ref}`,
    ),
    ...endingSoon.map(({ ref, expiresAt }) => {
      const what = Date.parse(expiresAt) > now ? io.color('yellow', 'Ends:') : io.color('red', 'Ended:');
      return `${what} ${ref}, ${formatAgo(expiresAt, now)}`;
    }),
    ...byHand.map((ref) => `${io.color('yellow', 'By hand:')} revoke the old key of ${ref}`),
  ];
}

function liesIn(io: Io, { clearLine, store }: ServerState): string {
  if (clearLine !== null) return io.color('yellow', 'in clear');
  return store ?? io.dim('–');
}

function answers(io: Io, { answer }: ServerState): string {
  if (answer.pending) return io.dim('…');
  if (answer.ok === null) return io.dim('not asked');
  return answer.ok ? io.color('green', 'yes') : io.color('red', 'no');
}
