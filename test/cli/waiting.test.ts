/** SIGINT and SIGTERM while a command waits: exit 130, and all is as it was. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createLocks } from '../../src/system/locks.ts';
import type { Running } from '../helpers/cli.ts';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import { KEY } from './documents.ts';
import { createMachine } from './machine.ts';
import { type Stocked, startStocked } from './stocked.ts';
import { errorIn, held, interrupted, never } from './stopped.ts';
import { tracesIn } from './traces.ts';

let stocked: Stocked;
let ai2fin: Sandbox;
beforeAll(async () => {
  [stocked, ai2fin] = await Promise.all([startStocked(), startSandbox({ services: ['ai2fin'] })]);
});
afterAll(() => Promise.all([stocked.close(), ai2fin.close()]));

const LIST = 'GET /api/mcp-keys/list';
const journals = () => readdir(join(stocked.machine.home.mcpkey, 'state/journals')).catch(() => []);

describe('while a service is awaited, a signal changes nothing', () => {
  it.each([
    ['list', ['list'], LIST],
    ['usage', ['usage'], /^GET \/api\/mcp-usage/],
    ['verify', ['verify', 'stock/ci'], 'POST /messages'],
    ['login', ['login', 'stock', '--password'], 'POST /api/auth/login'],
    ['revoke', ['revoke', 'stock/ci', '--yes'], 'POST /api/mcp-keys/revoke'],
    ['the probe of an import', ['import', 'next', '--stdin'], 'POST /messages'],
  ] as const)('%s', async (_name, args, match) => {
    const before = await tracesIn(stocked.machine.home.root);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const running = await held(stocked, [...args, '--json'], match, never);
      running.kill(signal);
      expect(errorIn(await interrupted(running)).code).toBe('interrupted');
    }
    expect(await tracesIn(stocked.machine.home.root)).toEqual(before);
  });
});

/** Node itself catches SIGINT and SIGTERM; SIGHUP (bit 0 of proc(5)'s SigCgt) only once the command listens to all. */
async function catchesHangUp({ child }: Running): Promise<boolean> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
  return (Number.parseInt(/^SigCgt:\s*[0-9a-f]*([0-9a-f])$/m.exec(status)?.[1] ?? '0', 16) & 1) === 1;
}

describe.runIf(process.platform === 'linux')('while stdin is awaited, a signal changes nothing', () => {
  it.each([
    ['import', ['import', 'next', '--stdin']],
    ['login', ['login', 'stock', '--token-stdin']],
  ])('%s', async (_name, args) => {
    const before = await tracesIn(stocked.machine.home.root);
    const running = stocked.machine.start(args);
    // Half of a secret is none.
    running.send(`sk-${'0'.repeat(10)}`);
    await expect.poll(() => catchesHangUp(running), { timeout: 15_000, interval: 10 }).toBe(true);
    running.kill('SIGINT');
    await interrupted(running);
    expect(await tracesIn(stocked.machine.home.root)).toEqual(before);
  });
});

it('place that waits for another change ends at once, and changes nothing', async () => {
  const { home } = stocked.machine;
  const locks = createLocks({ dir: join(home.mcpkey, 'state/locks') });
  await locks.with('placement', async () => {
    const running = stocked.machine.start(['place', 'stock/ci', 'cursor', 'claude-code']);
    running.child.stdin.end();
    // Made right before the change is begun.
    await expect.poll(() => existsSync(join(home.mcpkey, 'data/app/mcpkey')), { timeout: 15_000 }).toBe(true);
    const since = performance.now();
    running.kill('SIGTERM');
    await interrupted(running);
    expect(performance.now() - since).toBeLessThan(5_000);
  });
  expect([await readdir(home.dir), await journals()]).toEqual([[], []]);
  expect((await stocked.machine.json(KEY, ['show', 'stock/ci'])).placements).toEqual([]);
});

describe('while a person approves a login', () => {
  it.each([
    ['--device', 'verificationUri', 'SIGINT'],
    ['--device', 'verificationUri', 'SIGTERM'],
    ['--web', 'authorizationUrl', 'SIGINT'],
    ['--web', 'authorizationUrl', 'SIGTERM'],
  ] as const)('%s: %s waits, %s ends it, and there is neither session nor profile', async (way, field, signal) => {
    const machine = await createMachine();
    const { url, mcpUrl } = ai2fin.service('ai2fin');
    const running = machine.start(['login', 'ai2fin', '--url', url, '--mcp-url', mcpUrl, way, '--json']);
    await running.printed(new RegExp(`"${field}"`));
    running.kill(signal);
    expect(errorIn(await interrupted(running)).code).toBe('interrupted');
    expect(await machine.json(z.array(z.unknown()), ['whoami'])).toEqual([]);
    expect(await tracesIn(join(machine.home.mcpkey, 'data'))).toEqual({});
  });
});
