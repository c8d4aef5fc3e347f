/** Commands that are stopped while they wait. */
import { expect } from 'vitest';
import type { Running } from '../helpers/cli.ts';
import type { FaultAction, FaultMatch } from '../sandbox/index.ts';
import { ERROR } from './documents.ts';
import type { Stocked } from './stocked.ts';

export const silent: FaultAction = { kind: 'silent' };
export const never: FaultAction = { kind: 'never' };

/** Starts a command whose request to the service is held. A key of the right form is on stdin. */
export async function held(
  { machine, sandbox, credentials }: Stocked,
  args: readonly string[],
  match: FaultMatch,
  action: FaultAction,
): Promise<Running> {
  const fault = sandbox.fault('stock-data', { match, action });
  const running = machine.start(args, { env: credentials });
  running.child.stdin.end(`sk-${'0'.repeat(64)}`);
  await expect.poll(() => fault.hits, { timeout: 15_000, interval: 10 }).toBe(1);
  return running;
}

/** Exit 130 and nothing on stdout; resolves to what stands on stderr. */
export async function interrupted(running: Running): Promise<string> {
  const { code, stdout, stderr } = await running.finished;
  expect({ code, stdout }, stderr).toEqual({ code: 130, stdout: '' });
  return stderr;
}

export const errorIn = (stderr: string) => ERROR.parse(JSON.parse(stderr.trim().split('\n').at(-1) ?? '').error);
