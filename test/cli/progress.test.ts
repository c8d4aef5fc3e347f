/** On a terminal, whatever waits longer than half a second says for whom; a program that has the terminal is left alone. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { terminal } from '../helpers/terminal.ts';
import { type Stocked, startStocked } from './stocked.ts';

let stocked: Stocked;
beforeAll(async () => {
  stocked = await startStocked();
  const { machine, sandbox } = stocked;
  await machine.run(['place', 'stock/ci', 'cursor']);
  const delay = { kind: 'delay', milliseconds: 900 } as const;
  sandbox.fault('stock-data', { times: Number.POSITIVE_INFINITY, action: delay });
});
afterAll(() => stocked.close());

const LINE = /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] Waiting for 127\.0\.0\.1:\d+ …/;

async function drawn(args: readonly string[]): Promise<string> {
  const home = { ...stocked.machine.home, env: { ...stocked.machine.home.env, ...stocked.credentials } };
  const screen = terminal(args, { home });
  expect(await screen.ended, screen.text).toBe(0);
  return screen.raw;
}

it.each([
  [[]],
  [['list']],
  [['show', 'stock/ci']],
  [['verify', 'stock/ci']],
  [['usage']],
  [['doctor']],
  [['create', 'second']],
  [['rotate', 'stock/ci']],
  [['revoke', 'stock/second', '--yes']],
  [['login', 'stock', '--password']],
  [['setup', 'stock-data', '-p', 'stock', '--place', 'cursor']],
])('mcpkey %j', { timeout: 60_000 }, async (args) => {
  expect(await drawn(args)).toMatch(LINE);
});

it('a key for one run: before the program and behind it, and nothing meanwhile', { timeout: 60_000 }, async () => {
  const script = 'console.log("begun"); setTimeout(() => console.log("done"), 1500)';
  const raw = await drawn(['exec', '--ephemeral', '-p', 'stock', '--', process.execPath, '-e', script]);
  const [before = '', meanwhile = '', after = ''] = raw.split(/begun|done/);
  expect([before, after]).toEqual([expect.stringMatching(LINE), expect.stringMatching(LINE)]);
  expect(meanwhile.trim()).toBe('');
});
