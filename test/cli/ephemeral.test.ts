/** `exec --ephemeral` on the built program: the key lives as long as the run, whatever ends it. */
import { existsSync, readFileSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startSandbox } from '../sandbox/index.ts';
import { createMachine } from './machine.ts';
import { type Stocked, startStocked } from './stocked.ts';

let on: Stocked;
beforeAll(async () => {
  on = await startStocked();
});
afterAll(() => on.close());
afterEach(() => on.sandbox.clearFaults());

const CREATE = 'POST /api/mcp-keys/create';
const REVOKE = 'POST /api/mcp-keys/revoke';
const exec = (script: string, ...more: string[]) => [
  ...['exec', '--ephemeral', '-p', 'stock', ...more, '--', process.execPath, '-e', script],
];
const living = () => on.living().filter((name) => name.startsWith('exec-'));
const newest = () => on.sandbox.keys('stock-data').at(-1);
const count = () => on.sandbox.keys('stock-data').length;
const journals = async () => {
  const folder = join(on.machine.home.mcpkey, 'state/journals');
  return existsSync(folder) ? await readdir(folder) : [];
};
const sent = () => {
  const request = on.sandbox.requests.filter(({ path }) => path.endsWith('/create')).at(-1);
  return z.looseObject({ expires_days: z.number(), key_name: z.string() }).parse(request?.json);
};
/** Prints `ready`, and waits for its end. */
const WAITING = 'console.log("ready"); setInterval(() => {}, 1000)';

describe('a run to its end', () => {
  it('has a key that no other has, which ends with it', async () => {
    const file = join(on.machine.home.dir, 'seen');
    const script = `require('fs').writeFileSync(${JSON.stringify(file)}, process.env.STOCK_API_KEY); ${WAITING}`;
    const running = on.machine.start(exec(script));
    await running.printed(/ready/, 'stdout');
    expect(readFileSync(file, 'utf8')).toBe(newest()?.secret);
    expect(living()).toEqual([expect.stringMatching(/^exec-laptop-mk[0-9a-f]{8}$/)]);
    expect(await on.machine.filesWith(newest()?.secret ?? 'none')).toEqual([file]);
    expect(await journals()).toHaveLength(1);
    running.kill('SIGTERM');
    expect((await running.finished).code).toBe(128 + 15);
    expect(living()).toEqual([]);
    expect(await journals()).toEqual([]);
    const log = z.array(z.looseObject({ command: z.string(), ref: z.string().nullable() }));
    const entries = (await on.machine.json(log, ['log'])).filter(({ command }) => command === 'exec');
    const { id } = newest() ?? {};
    expect(entries).toMatchObject([
      { ref: 'stock/exec-laptop', newId: id },
      { ref: 'stock/exec-laptop', oldId: id },
    ]);
  });

  it('exits as the program does, and masks what it prints', async () => {
    const { stdout } = await on.machine.run(exec('console.log(process.env.STOCK_API_KEY); process.exit(7)'), {
      code: 7,
    });
    expect(stdout).toBe('[secret]\n');
    expect(living()).toEqual([]);
  });

  it('revokes the key where the program is not there', async () => {
    const words = ['exec', '--ephemeral', '--', './no-such-program'];
    expect((await on.machine.run(words, { code: 127 })).stderr).toContain('not found');
    expect(living()).toEqual([]);
  });

  it('names the variables, and takes other keys along', async () => {
    const script =
      'console.log(process.env.A === process.env.B, process.env.A !== process.env.C, process.env.C.length)';
    const words = exec(script, '--env', 'A', '--env', 'B', '--env', 'C=stock/ci');
    expect((await on.machine.run(words)).stdout).toBe('true true 67\n');
  });

  it('asks for the shortest life that the service has, or for the one that is named', async () => {
    await on.machine.run(exec(''));
    expect(sent().expires_days).toBe(1);
    const rounded = await on.machine.run(exec('', '--ttl', '25h'));
    expect(rounded.stderr).toContain('whole days: rounded up');
    expect(sent().expires_days).toBe(2);
  });

  it.each([
    ['400d', '--ttl from 1 to 365 days'],
    ['never', 'Write 30s, 15m, 24h or 90d.'],
  ])('refuses a life that the service does not have, by the option that named it: %s', async (ttl, hint) => {
    const before = count();
    expect(await on.machine.fails(exec('', '--ttl', ttl), { code: 2 })).toMatchObject({ code: 'usage', hint });
    expect(count()).toBe(before);
  });

  it('runs side by side', async () => {
    const before = count();
    await Promise.all([1, 2, 3].map(() => on.machine.run(exec(''))));
    expect(count()).toBe(before + 3);
    expect(living()).toEqual([]);
  });
});

describe('what is interrupted', () => {
  it('while the key is made: no program runs, and the key goes', async () => {
    on.sandbox.fault('stock-data', { match: CREATE, action: { kind: 'delay', milliseconds: 1500 } });
    const before = count();
    const running = on.machine.start(exec('console.log("ran")'));
    await until(async () => (await journals()).length > 0);
    running.kill('SIGINT');
    const { code, stdout } = await running.finished;
    expect([code, stdout]).toEqual([130, '']);
    expect(count()).toBe(before + 1);
    expect(living()).toEqual([]);
    expect(await journals()).toEqual([]);
  });

  it.each([
    ['any command', ['whoami']],
    ['another run', ['exec', 'stock/ci', '--', 'true']],
    ['another run of this kind', ['exec', '--ephemeral', '--', 'true']],
  ] as const)('by kill -9: %s revokes the key, says so, and once', async (_what, words) => {
    const running = on.machine.start(exec(`console.log(process.pid); ${WAITING}`));
    const [pid = ''] = await running.printed(/\d+/, 'stdout');
    running.kill('SIGKILL');
    await running.finished;
    process.kill(Number(pid), 'SIGKILL');
    expect(living()).toHaveLength(1);
    const { label, id } = { label: newest()?.name, id: newest()?.id };
    const { stderr } = await on.machine.run(words);
    expect(stderr).toContain(`The key "${label}" (id ${id}) of a run that was killed was revoked.`);
    expect(living()).toEqual([]);
    expect(await journals()).toEqual([]);
    expect((await on.machine.run(words)).stderr).not.toContain('was killed');
  });

  it('by kill -9 while the key is made: it is found by its mark', async () => {
    on.sandbox.fault('stock-data', { match: CREATE, action: { kind: 'silent' } });
    const before = count();
    const running = on.machine.start(exec(''));
    await until(async () => count() > before);
    running.kill('SIGKILL');
    await running.finished;
    expect(living()).toHaveLength(1);
    expect((await on.machine.run(['list'])).stderr).toContain('was revoked');
    expect(living()).toEqual([]);
    expect(await journals()).toEqual([]);
  });

  it('by a reboot: the next command on the machine, or on another one of the same folder, revokes the key', async () => {
    const running = on.machine.start(exec(`console.log(process.pid); ${WAITING}`));
    const [pid = ''] = await running.printed(/\d+/, 'stdout');
    const [name = ''] = await journals();
    const path = join(on.machine.home.mcpkey, 'state/journals', name);
    const asBefore = (text: string) => text.replace(/"boot":"[^"]*"/, '"boot":"another"');
    await writeFile(path, asBefore(readFileSync(path, 'utf8')));
    expect((await on.machine.run(['whoami'])).stderr).toBe('');
    expect(living()).toHaveLength(1);
    running.kill('SIGKILL');
    await running.finished;
    process.kill(Number(pid), 'SIGKILL');
    expect((await on.machine.run(['whoami'])).stderr).toContain('was revoked');
    expect(living()).toEqual([]);
  });

  it('by a stop alone: the run still needs its key', async () => {
    const running = on.machine.start(exec(WAITING));
    await running.printed(/ready/, 'stdout');
    running.kill('SIGSTOP');
    expect((await on.machine.run(['whoami'])).stderr).toBe('');
    expect(living()).toHaveLength(1);
    running.kill('SIGCONT');
    running.kill('SIGTERM');
    expect((await running.finished).code).toBe(143);
    expect(living()).toEqual([]);
  });

  it('leaves a run that goes on alone', async () => {
    const running = on.machine.start(exec(WAITING));
    await running.printed(/ready/, 'stdout');
    expect((await on.machine.run(['whoami'])).stderr).toBe('');
    expect(living()).toHaveLength(1);
    running.kill('SIGINT');
    expect((await running.finished).code).toBe(130);
    expect(living()).toEqual([]);
  });
});

describe('what the service does not do', () => {
  it('is said where the key cannot be revoked, and done by the next command', async () => {
    on.sandbox.fault('stock-data', {
      match: REVOKE,
      times: Number.POSITIVE_INFINITY,
      action: { kind: 'answer', status: 500 },
    });
    const failed = await on.machine.run(exec(''), { code: 8 });
    expect(failed.stderr).toContain('(stock/exec-laptop) is not revoked yet');
    expect((await on.machine.run(exec('process.exit(3)'), { code: 3 })).stderr).toContain('is not revoked yet');
    expect(living()).toHaveLength(2);
    const told = (await on.machine.run(['whoami'])).stderr.match(/is still to be revoked/g);
    expect(told).toHaveLength(2);
    on.sandbox.clearFaults();
    await on.machine.run(['whoami']);
    expect(living()).toEqual([]);
    expect(await journals()).toEqual([]);
  });

  it('leaves nothing where the key was refused', async () => {
    const refusal = { success: false, message: 'quota' };
    on.sandbox.fault('stock-data', { match: CREATE, action: { kind: 'answer', status: 200, body: refusal } });
    const failed = await on.machine.run(exec('console.log("ran")'), { code: 1 });
    expect(failed.stdout).toBe('');
    expect(await journals()).toEqual([]);
  });

  it('makes the key once more where the answer was lost, and leaves one', async () => {
    on.sandbox.fault('stock-data', { match: CREATE, action: { kind: 'lost' } });
    const before = count();
    await on.machine.run(exec(''));
    expect(count()).toBe(before + 2);
    expect(living()).toEqual([]);
  });

  it('is unsupported where no API makes or revokes keys', async () => {
    const sandbox = await startSandbox({ services: ['mcp-cloud', 'ai2fin'] });
    const machine = await createMachine();
    const { url, mcpUrl } = sandbox.service('ai2fin');
    await machine.run(['profile', 'add', 'mcp-cloud', '--mcp-url', sandbox.service('mcp-cloud').mcpUrl]);
    await machine.run(['profile', 'add', 'ai2fin', '--url', url, '--mcp-url', mcpUrl]);
    for (const profile of ['mcp-cloud', 'ai2fin']) {
      const error = await machine.fails(['exec', '--ephemeral', '-p', profile, '--', 'true'], { code: 1 });
      expect(error.code).toBe('unsupported');
    }
    await sandbox.close();
  });
});

it.each([
  [['exec', '--ephemeral', 'stock/ci', '--', 'true'], 'none to name'],
  [['exec', '--ephemeral'], 'no program'],
  [['exec', '--scope', 'x', '--', 'true'], 'need --ephemeral'],
  [['exec', '--ttl', '1d', '--', 'true'], 'need --ephemeral'],
  [['exec', '--ephemeral', '--ttl', 'soon', '--', 'true'], 'no duration'],
  [['exec', '--ephemeral', '--ttl', '900d', '--', 'true'], 'no key for 900 days'],
  [['exec', '--ephemeral', '--scope', 'x', '--', 'true'], 'have no scopes'],
  [['exec', '--ephemeral', '--env', 'A-B', '--', 'true'], 'is not VAR'],
  [['exec', '--ephemeral', '--env', 'A', '--env', 'A=stock/ci', '--', 'true'], 'The variable A is to get two keys'],
])('%j is refused before anything is made', async (words, message) => {
  const before = count();
  const { stderr } = await on.machine.run(words, { code: 2 });
  expect(stderr).toContain(message);
  expect(count()).toBe(before);
});

it.each([
  [['exec', '-p', 'stock'], {}],
  [['exec'], { MCPKEY_PROFILE: 'stock' }],
] as const)('%j %j takes the one key of that profile', async (words, env) => {
  const script = 'process.exit(process.env.STOCK_API_KEY ? 0 : 1)';
  await on.machine.run([...words, '--', process.execPath, '-e', script], { env });
});

async function until(done: () => Promise<boolean>): Promise<void> {
  while (!(await done())) await new Promise((next) => setTimeout(next, 20));
}
