import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CHANGES, KEY } from './documents.ts';
import { ROTATED, type Rotating, startRotating } from './rotation.ts';

let on: Rotating;
let shop: string;
const begin = async () => {
  on = await startRotating();
  shop = join(on.machine.home.dir, 'shop');
  await mkdir(shop);
};

const place = (command: string, ...more: string[]) => ['place', 'acme/ci', 'hook', '--command', command, ...more];
const secretNow = () => on.native.accepted().at(-1) ?? 'none';
const hooksFolder = () => join(on.machine.home.mcpkey, 'config/hooks');
const placements = async () => (await on.machine.json(KEY.omit({ previous: true }), ['show', 'acme/ci'])).placements;
const got = (name = 'got') => readFile(join(shop, name), 'utf8');

describe('place KEY hook', () => {
  beforeEach(begin);

  it('hands the key on through stdin alone, in the folder where it was placed, and remembers it', async () => {
    const command = "cat > got; env > env; tr '\\0' ' ' < /proc/self/cmdline > argv; cat /proc/$PPID/cmdline >> argv";
    const [row] = await on.machine.json(CHANGES, place(command), { cwd: shop });
    const path = join(hooksFolder(), 'acme%2fci.json');
    expect(row).toMatchObject({
      client: 'hook',
      server: expect.stringMatching(/^cat > got; env/),
      mode: 'plain',
      path,
    });
    expect(row).toMatchObject({ changed: true, reload: expect.stringContaining('after each rotation') });
    expect(await got()).toBe(secretNow());
    expect(await got('env')).toMatch(/^MCPKEY_REF=acme\/ci$/m);
    expect(await got('env')).toMatch(/^MCPKEY_NEW_ID=r1$/m);
    for (const file of ['env', 'argv']) expect(await got(file)).not.toContain(secretNow());
    expect(await placements()).toMatchObject([{ client: 'hook', path, mode: 'plain', host: 'laptop' }]);
    await rm(join(shop, 'got'));
    expect(await on.machine.filesWith(secretNow())).toEqual([]);
  });

  it('takes a name, and several hooks of one key', async () => {
    await on.machine.run(place('cat > one', '--name', 'first'), { cwd: shop });
    await on.machine.run(place('cat > two'), { cwd: shop });
    expect((await placements()).map(({ server }) => server)).toEqual(['first', 'cat > two']);
    const again = await on.machine.json(CHANGES, place('cat > two'), { cwd: shop });
    expect(again).toMatchObject([{ changed: false }]);
    expect((await on.machine.fails(place('cat > two'), { code: 1 })).code).toBe('conflict');
    await on.machine.run(place('cat > two', '--name', 'elsewhere'));
    expect(await placements()).toHaveLength(3);
  });

  it('runs nothing with --dry-run, and shows what would be kept', async () => {
    const [row] = await on.machine.json(CHANGES, place('cat > got', '--dry-run'), { cwd: shop });
    expect(row).toMatchObject({ changed: true, diff: expect.stringContaining('"command": "cat > got"') });
    expect(await readdir(shop)).toEqual([]);
    expect(existsSync(hooksFolder())).toBe(false);
  });

  it('needs no file for an age identity that is given by value: nothing is started later from a bare place', async () => {
    const identity = await readFile(on.machine.home.env.MCPKEY_AGE_IDENTITY ?? '', 'utf8');
    await on.machine.run(place('cat > got'), { cwd: shop, env: { MCPKEY_AGE_IDENTITY: identity.trim() } });
    expect(await got()).toBe(secretNow());
  });

  it('goes with a client, in one change that undo takes back', async () => {
    await on.machine.run(['place', 'acme/ci', 'cursor', 'hook', '--command', 'cat > got'], { cwd: shop });
    expect((await placements()).map(({ client }) => client)).toEqual(['cursor', 'hook']);
    await on.machine.run(['undo', '--yes']);
    expect(await placements()).toEqual([]);
    expect(existsSync(hooksFolder())).toBe(false);
  });
});

describe('a hook that fails', () => {
  beforeAll(begin);
  beforeEach(async () => {
    await rm(shop, { recursive: true });
    await mkdir(shop);
  });

  const nothingChanged = async () => {
    expect(await placements()).toEqual([]);
    expect(existsSync(hooksFolder())).toBe(false);
    expect(existsSync(join(on.machine.home.dir, '.cursor'))).toBe(false);
  };

  it.each([
    ['says so', 'echo "no such repository" >&2; exit 4', /ended with exit code 4: no such repository$/],
    ['prints the secret', 'cat; exit 1', /ended with exit code 1: \[secret\]$/],
    ['prints it in base64', 'base64 -w0 >&2; exit 1', /ended with exit code 1: \[secret\]$/],
    ['prints it at the end of much', 'yes | head -c 5000 >&2; cat >&2; exit 1', /y \[secret\]$/],
    ['prints it before much', "cat >&2; printf '%0290d' 0 >&2; exit 1", /exit code 1: \[secret\]0{290}$/],
    ['is not there', './no-such-program', /ended with exit code 127: .*no-such-program/],
    ['ends itself', 'kill -9 $$', /was ended by a signal\.$/],
  ])('%s', async (_what, command, message) => {
    const words = ['place', 'acme/ci', 'cursor', 'hook', '--command', command];
    const error = await on.machine.fails(words, { cwd: shop, code: 1 });
    expect(error).toMatchObject({ code: 'refused', hint: expect.stringContaining('place the key again') });
    expect(error.message.replaceAll('\n', ' ')).toMatch(message);
    const plain = await on.machine.run(words, { cwd: shop, code: 1 });
    expect(plain.stderr + plain.stdout).not.toContain(secretNow());
    await nothingChanged();
  });

  it('is ended with all that it started when it takes too long', async () => {
    const error = await on.machine.fails(place('sleep 300 & echo $! > pid; wait', '--timeout', '1s'), { cwd: shop });
    expect(error).toMatchObject({ code: 'refused', exit: 1, message: expect.stringContaining('not done after 1 s') });
    expect(isRunning((await got('pid')).trim())).toBe(false);
    await nothingChanged();
  });

  it('is not waited for when it leaves something in the background', async () => {
    await on.machine.run(place('sleep 300 & echo $! > pid'), { cwd: shop, timeout: 15_000 });
    process.kill(Number(await got('pid')), 'SIGKILL');
    await on.machine.run(['unplace', 'acme/ci', 'hook']);
  });

  it('ends with the command that was interrupted', async () => {
    const running = on.machine.start(place('echo $$ > pid; exec sleep 300'), { cwd: shop });
    await until(() => existsSync(join(shop, 'pid')));
    running.kill('SIGINT');
    expect((await running.finished).code).toBe(130);
    expect(isRunning((await got('pid')).trim())).toBe(false);
  });

  it.each([
    [['place', 'acme/ci', 'hook'], 2, 'usage'],
    [['place', 'acme/ci', 'hook', '--command', '  '], 2, 'usage'],
    [['place', 'acme/ci', 'cursor', '--command', 'cat'], 2, 'usage'],
    [place('cat', '--print'), 2, 'usage'],
    [place('cat', '--mode', 'proxy'), 1, 'unsupported'],
    [place('cat', '--name', 'a/b'), 2, 'usage'],
    [place('cat > got', '--dir', 'nowhere'), 5, 'not_found'],
    [['unplace', 'acme/ci', 'hook'], 5, 'not_found'],
  ])('%j is refused, and nothing is run', async (words, exit, code) => {
    expect(await on.machine.fails(words, { cwd: shop })).toMatchObject({ exit, code });
    expect(await readdir(shop)).toEqual([]);
    await nothingChanged();
  });
});

describe('rotation', () => {
  beforeEach(begin);

  const rotate = (more: string[] = [], options = {}) =>
    on.machine.json(ROTATED, ['rotate', 'acme/ci', ...more], options);

  it('hands the new key on, wherever it is run, before the old one goes', async () => {
    await on.machine.run(place('cat > got; env > env; ls -l > /dev/null'), { cwd: shop });
    const old = await got();
    expect(await rotate()).toMatchObject([{ state: 'done', newId: 'r2' }]);
    expect(await got()).toBe(secretNow());
    expect(await got()).not.toBe(old);
    expect(await got('env')).toMatch(/^MCPKEY_OLD_ID=r1$/m);
    expect(await got('env')).toMatch(/^MCPKEY_NEW_ID=r2$/m);
    expect(await placements()).toHaveLength(1);
  });

  it('keeps the old key alive where a hook fails, and ends when it is mended', async () => {
    await on.machine.run(place('test ! -e broken && cat > got'), { cwd: shop });
    const old = await got();
    await writeFile(join(shop, 'broken'), '');
    const [row] = await rotate([], { code: 8 });
    expect(row).toMatchObject({
      state: 'resumable',
      error: { code: 'refused', hint: expect.stringContaining('--resume') },
    });
    expect(on.native.accepted()).toContain(old);
    expect(await got()).toBe(old);
    await rm(join(shop, 'broken'));
    expect(await on.machine.json(ROTATED, ['rotate', '--resume'])).toMatchObject([{ state: 'done' }]);
    expect(on.native.accepted()).toEqual([await got()]);
  });

  it('runs no hook whose folder is gone, and says so', async () => {
    await on.machine.run(place('cat > /dev/null'), { cwd: shop });
    await rm(shop, { recursive: true });
    const [row] = await rotate([], { code: 8 });
    expect(row?.error?.message).toContain(`could not be started in ${shop}`);
  });

  it('runs none that another machine made', async () => {
    await on.machine.run(place('cat >> got'), { cwd: shop });
    const before = await got();
    expect(await rotate([], { env: { MCPKEY_MACHINE: 'other' } })).toMatchObject([{ state: 'done' }]);
    expect(await got()).toBe(before);
  });

  it('runs nothing that only the ledger tells of', async () => {
    await on.machine.run(place('cat > got'), { cwd: shop });
    const ledger = join(on.machine.home.mcpkey, 'data/ledger/acme/ci.json');
    const record = z
      .looseObject({ placements: z.array(z.looseObject({})) })
      .parse(JSON.parse(readFileSync(ledger, 'utf8')));
    const placed = record.placements[0] ?? {};
    const planted = { ...placed, server: `touch ${shop}/planted`, command: `touch ${shop}/planted`, digest: 'x' };
    await writeFile(ledger, JSON.stringify({ ...record, placements: [planted] }));
    const [row] = await rotate([], { code: 8 });
    expect(row).toMatchObject({ state: 'resumable', error: { code: 'conflict' } });
    expect(existsSync(join(shop, 'planted'))).toBe(false);
  });

  it('ends with the key: a revoked key leaves no hook', async () => {
    await on.machine.run(place('cat >> got'), { cwd: shop });
    const before = await got();
    await on.machine.run(['revoke', 'acme/ci', '--yes']);
    expect(existsSync(hooksFolder())).toBe(false);
    expect(await got()).toBe(before);
  });

  it('runs no hook that was taken out; undo puts it back', async () => {
    await on.machine.run(place('cat >> got'), { cwd: shop });
    const [row] = await on.machine.json(CHANGES, ['unplace', 'acme/ci', 'hook']);
    expect(row).toMatchObject({ client: 'hook', server: 'cat >> got', changed: true });
    expect(existsSync(hooksFolder())).toBe(false);
    const before = await got();
    await on.machine.run(['undo', '--yes']);
    expect(await placements()).toHaveLength(1);
    await on.machine.run(['unplace', 'acme/ci', 'hook', '--name', 'cat >> got']);
    await rotate();
    expect(await got()).toBe(before);
  });
});

/** A process that is dead and not yet waited for by anyone does not run. */
function isRunning(pid: string): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((next) => setTimeout(next, 20));
}
