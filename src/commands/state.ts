import { defineCommand } from '../command.ts';
import type { Io } from '../io.ts';
import { type Overview, overview, type ServerState } from '../overview/overview.ts';
import { formatAgo } from '../views/times.ts';

/** A screen is looked at at once: a service that is slower is told as not answering. */
const PATIENCE = 4_000;

export const command = defineCommand({
  summary: 'The state of this machine in one screen',
  examples: [{ run: 'mcpkey', does: 'servers by client, where their keys lie, whether they answer, and what is next' }],
  timeout: PATIENCE,
  async run(context) {
    const { io } = context;
    const state = await overview(context);
    if (io.json) io.document(state);
    else print(io, state, context.now());
    return undefined;
  },
});

function print(io: Io, { servers, broken, endingSoon, byHand, next }: Overview, now: number): void {
  if (servers.length === 0) io.out('No MCP client on this machine has a server yet.');
  io.table(servers, [
    { title: 'CLIENT', text: ({ title, scope }) => (scope === 'user' ? title : `${title} (${scope})`) },
    { title: 'SERVER', text: ({ server }) => server },
    { title: 'KEY', text: ({ ref }) => ref ?? io.dim('not mcpkey’s'), rank: 1 },
    { title: 'LIES IN', text: (row) => liesIn(io, row) },
    { title: 'ANSWERS', text: (row) => answers(io, row) },
  ]);
  for (const { server, path, clearLine } of servers) {
    if (clearLine !== null) io.out(`\n${io.color('yellow', 'In clear:')} the key of ${server}, ${path}:${clearLine}`);
  }
  for (const { server, answer } of servers) if (answer.error) io.out(`\n${io.bold(server)}: ${answer.error}`);
  for (const message of broken) io.out(`\n${io.color('red', 'Broken:')} ${message}`);
  for (const { ref, expiresAt } of endingSoon)
    io.out(`\n${io.color('yellow', 'Ends:')} ${ref}, ${formatAgo(expiresAt, now)}`);
  for (const ref of byHand) io.out(`\n${io.color('yellow', 'By hand:')} revoke the old key of ${ref}`);
  io.out(`\nNext: ${io.bold(next.run)}  ${io.dim(next.why)}`);
}

function liesIn(io: Io, { clearLine, store }: ServerState): string {
  if (clearLine !== null) return io.color('yellow', 'in clear');
  return store ?? io.dim('–');
}

function answers(io: Io, { answer }: ServerState): string {
  if (answer.ok === null) return io.dim('not asked');
  return answer.ok ? io.color('green', 'yes') : io.color('red', 'no');
}
