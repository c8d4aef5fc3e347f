/** Locks that a dead process left where they cannot be cleared up: commands that need none of them do their work. */
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { program } from '../helpers/cli.ts';
import { isRoot, NOBODY, nobody, setReadOnly, smallDisk } from '../helpers/disks.ts';
import { KEY } from './documents.ts';
import { createMachine, type Machine } from './machine.ts';

const canMount = process.platform === 'linux' && isRoot();

async function withKey(env: Record<string, string> = {}): Promise<Machine> {
  const machine = await createMachine(env);
  await machine.run(['profile', 'add', 'generic', '-p', 'stock', '--mcp-url', 'https://stock.example/mcp']);
  await machine.run(['create', 'ci', '--stdin'], { input: ['made', 'up', 'k'.repeat(20)].join('-') });
  return machine;
}

/** Silent since 1970. */
async function leaveLock(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'x.lock'), '{}', { mode: 0o600 });
  await utimes(join(folder, 'x.lock'), 1, 1);
}

const READING = [['list', '--local'], ['show', 'ci'], ['headers', 'stock/ci'], ['log'], ['whoami']];

describe.runIf(canMount)('a lock that a dead process left', () => {
  it('on a disk that is read-only now: it stays, and goes when the disk can be written to', async () => {
    const disk = await smallDisk(512);
    const machine = await withKey({ MCPKEY_HOME: disk });
    const locks = join(disk, 'state/locks');
    await leaveLock(locks);
    setReadOnly(disk);
    for (const args of READING) await machine.run(args);
    expect(await readdir(locks)).toEqual(['x.lock']);
    setReadOnly(disk, false);
    expect(await machine.json(z.array(KEY), ['list', '--local'])).toMatchObject([{ ref: 'stock/ci' }]);
    expect(await readdir(locks)).toEqual([]);
  });

  describe('and another user owns', () => {
    let as: Awaited<ReturnType<typeof nobody>>;
    beforeAll(async () => {
      as = await nobody(program());
    });

    it.each([
      ['the lock', 0o755, 0],
      ['its folder too', 0o700, 1],
    ])('%s: nothing is in the way', async (_what, mode, whose) => {
      const machine = await withKey();
      const locks = join(machine.home.mcpkey, 'state/locks');
      execFileSync('chown', ['-R', `${NOBODY.uid}:${NOBODY.gid}`, machine.home.root]);
      await leaveLock(locks);
      if (whose === 1) execFileSync('chown', ['0:0', locks]);
      await chmod(locks, mode);
      for (const args of READING) await machine.run(args, { as });
      if (whose === 0) expect((await machine.run(['get', 'stock/ci'], { as })).stdout).toMatch(/^made-up-k+\n$/);
      expect(await readdir(locks)).toEqual(['x.lock']);
    });
  });
});
