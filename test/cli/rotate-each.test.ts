/** The same fault at each request of a rotation in turn; and what this machine does in the middle of one. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLocks } from '../../src/system/locks.ts';
import type { FaultAction } from '../sandbox/faults.ts';
import type { SandboxRequest } from '../sandbox/request.ts';
import { CHANGES } from './documents.ts';
import { ROTATED, type Rotating, startRotating } from './rotation.ts';

const QUICK = ['--timeout', '1s', '--json'];

async function rotate({ machine }: Rotating, code: number, words: readonly string[] = []) {
  const { stdout } = await machine.run(['rotate', 'acme/ci', ...words, '--json'], { code });
  return ROTATED.parse(JSON.parse(stdout))[0];
}

/** One secret is accepted, it is the one that is kept, and nothing is left to be done. */
async function expectWhole({ native, record, machine }: Rotating, where?: string): Promise<void> {
  expect(native.accepted(), where).toHaveLength(1);
  expect(native.living().map((key) => key.id)).toEqual([(await record()).id]);
  const left = await readdir(join(machine.home.mcpkey, 'state/journals'));
  expect(left, where).toEqual([]);
  expect((await machine.run(['get', 'acme/ci'])).stdout, where).toBe(`${native.accepted()[0]}\n`);
}

const FAULTS: readonly FaultAction[] = [
  { kind: 'lost' },
  { kind: 'spoiled', status: 500 },
  { kind: 'silent' },
  { kind: 'reset' },
];
/** Make, initialize, initialized, tools/list, revoke, and the probe of the old key. */
const REQUESTS = 6;

describe('at each request', { timeout: 120_000 }, () => {
  it.each(FAULTS)('once: $kind', async (action) => {
    let at = 0;
    for (; ; at += 1) {
      const rotating = await startRotating();
      const { native, machine } = rotating;
      const fault = native.faults.plant({ after: at, action });
      const run = machine.start(['rotate', 'acme/ci', ...QUICK]);
      run.child.stdin.end();
      const { code, stdout, stderr } = await run.finished;
      if (fault.hits === 0) {
        expect(code, stderr).toBe(0);
        break;
      }
      const where = `${action.kind} at request ${at + 1}\n${stdout}${stderr}`;
      const [row] = ROTATED.parse(JSON.parse(stdout));
      if (row?.state === 'resumable') await machine.run(['rotate', '--resume']);
      else expect([row?.state, code], where).toEqual(['done', 0]);
      await expectWhole(rotating, where);
    }
    expect(at).toBeGreaterThanOrEqual(REQUESTS);
  });

  it.each([
    [0, 0],
    // The new key was not proven, so it is given back: the rotation has failed, and says why.
    [1, 9],
    [3, 9],
    [4, 0],
    [5, 0],
  ])('and from then on, until it is mended: after %i', async (after, ending) => {
    const rotating = await startRotating();
    const { native, machine } = rotating;
    native.faults.plant({ after, times: Number.POSITIVE_INFINITY, action: { kind: 'lost' } });
    const run = machine.start(['rotate', 'acme/ci', ...QUICK]);
    run.child.stdin.end();
    const { code, stdout } = await run.finished;
    expect(code).not.toBe(0);
    expect(ROTATED.parse(JSON.parse(stdout))[0]?.error).toMatchObject({ code: 'unreachable' });
    expect(native.accepted().length).toBeGreaterThanOrEqual(1);
    native.faults.clear();
    await machine.run(['rotate', '--resume'], { code: ending });
    await expectWhole(rotating);
  });
});

/** Runs `work` at the first request that fits, when the service has done its part. */
function when({ native }: Rotating, fits: (request: SandboxRequest) => boolean, work: () => Promise<unknown>): void {
  native.tap = async (event, request) => {
    if (event !== 'answered' || !fits(request)) return undefined;
    native.tap = undefined;
    await work();
    return undefined;
  };
}

const isMade = ({ method, path }: SandboxRequest) => method === 'POST' && path === '/keys';
const isProbed = ({ rpc }: SandboxRequest) => rpc.includes('tools/list');
const isRevoked = ({ path }: SandboxRequest) => path === '/keys/revoke';

describe('the store is locked', () => {
  it.each([
    ['before the new key is kept', isMade, 'failed', 7, 'store_locked'],
    ['when the new key was proven', isProbed, 'resumable', 8, 'store_locked'],
  ] as const)('%s', async (_when, fits, state, code, error) => {
    const rotating = await startRotating();
    const { machine } = rotating;
    const identity = machine.home.env.MCPKEY_AGE_IDENTITY ?? '';
    const open = await readFile(identity, 'utf8');
    // As `age -p` writes it: protected with a passphrase.
    when(rotating, fits, () => writeFile(identity, 'age-encryption.org/v1\n-> scrypt AAAA 18\nAAAA\n--- AAAA\n'));
    expect(await rotate(rotating, code)).toMatchObject({ state, error: { code: error } });
    await machine.run(['rotate', 'acme/ci', '--json'], { code: state === 'failed' ? 7 : 8 });
    await writeFile(identity, open);
    await machine.run(['rotate', '--resume']);
    await expectWhole(rotating);
  });
});

describe('a client’s file', () => {
  it('that another program holds for a moment is waited for', async () => {
    const rotating = await startRotating();
    const { machine, native } = rotating;
    const [row] = await machine.json(CHANGES, ['place', 'acme/ci', 'cursor', '--mode', 'plain']);
    const tmp = join(machine.home.root, 'tmp');
    const locks = createLocks({ dir: tmp, temporary: tmp });
    let freed = 0;
    const running = await locks.withFile(row?.path ?? '', async () => {
      const started = machine.start(['rotate', 'acme/ci', '--json']);
      await expect.poll(() => native.requests.some(isProbed), { timeout: 15_000 }).toBe(true);
      expect(started.child.exitCode).toBeNull();
      expect(native.accepted()).toHaveLength(2);
      freed = native.requests.length;
      return { started };
    });
    expect((await running.started.finished).code).toBe(0);
    expect(native.requests.slice(freed).some(isRevoked)).toBe(true);
    expect(await machine.home.read('.cursor/mcp.json')).toContain(native.accepted()[0]);
    await expectWhole(rotating);
  });
});

/** Loaded before the program: the clock is an hour behind from the start, or from the n-th look at it. */
const BEHIND = (from: number) =>
  `data:text/javascript,${encodeURIComponent(`const now = Date.now; let looks = 0; Date.now = () => now() - (++looks > ${from} ? 3_600_000 : 0);`)}`;

describe('a clock that is set back', () => {
  it.each([3, 12, 25])('in the middle changes nothing: at its look %i', async (from) => {
    const rotating = await startRotating();
    const env = { NODE_OPTIONS: `--import=${BEHIND(from)}` };
    const { stdout } = await rotating.machine.run(['rotate', 'acme/ci', '--json'], { env });
    expect(ROTATED.parse(JSON.parse(stdout))).toMatchObject([{ state: 'done' }]);
    await expectWhole(rotating);
  });

  it.each([
    ['made', isMade],
    ['revoked', isRevoked],
  ] as const)('between a crash and --resume: killed when the key was %s', async (_what, fits) => {
    const rotating = await startRotating();
    const { machine } = rotating;
    const running = machine.start(['rotate', 'acme/ci']);
    when(rotating, fits, async () => running.kill('SIGKILL'));
    await running.finished;
    const env = { NODE_OPTIONS: `--import=${BEHIND(0)}` };
    const { stdout } = await machine.run(['rotate', '--resume', '--json'], { env });
    expect(ROTATED.parse(JSON.parse(stdout))).toMatchObject([{ state: 'done' }]);
    await expectWhole(rotating);
  });

  it('keeps an old key that is in its grace', async () => {
    const rotating = await startRotating();
    const { machine, native } = rotating;
    await machine.run(['rotate', 'acme/ci', '--grace', '1h']);
    const env = { NODE_OPTIONS: `--import=${BEHIND(0)}` };
    expect((await machine.run(['rotate', '--finish'], { env })).stderr).toContain('nothing to resume');
    expect(native.accepted()).toHaveLength(2);
  });
});
