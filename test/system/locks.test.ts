import fs, { readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createLocks } from '../../src/system/locks.ts';
import { emptyFolder } from '../helpers/folder.ts';
import { bundleScript, startScript } from '../helpers/script.ts';

const file = (dir: string) => join(dir, 'it.lock');
const conflict = { code: 'conflict' };

describe('a lock', () => {
  it('is held by one at a time in one process, in the order of asking', async () => {
    const locks = createLocks({ dir: await emptyFolder() });
    const seen: string[] = [];
    const user = (name: string) =>
      locks.with('it', async () => {
        seen.push(`${name} in`);
        await new Promise((done) => setImmediate(done));
        seen.push(`${name} out`);
      });
    await Promise.all([user('a'), user('b'), user('c')]);
    expect(seen).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
  });

  it('is let go when the work is done and when it fails, and leaves no file', async () => {
    const dir = await emptyFolder();
    const locks = createLocks({ dir });
    await expect(locks.with('it', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await locks.with('it', async () => 'again')).toBe('again');
    expect(readdirSync(dir)).toEqual([]);
  });

  it('says at once who holds it where nobody wants to wait', async () => {
    const dir = await emptyFolder();
    const [ours, theirs] = [createLocks({ dir }), createLocks({ dir })];
    await ours.with('it', async () => {
      const message = `it is in use by process ${process.pid} on `;
      await expect(theirs.with('it', async () => 1, { wait: 0 })).rejects.toMatchObject(conflict);
      await expect(theirs.with('it', async () => 1, { wait: 0 })).rejects.toThrow(message);
      await expect(ours.with('it', async () => 1, { wait: 0 })).rejects.toMatchObject(conflict);
    });
  });

  it('holds pid, start, boot and host, readable by the user alone', async () => {
    const dir = await emptyFolder();
    await createLocks({ dir }).with('it', async () => {
      const content = JSON.parse(await readFile(file(dir), 'utf8'));
      expect(content).toMatchObject({ pid: process.pid, host: expect.any(String), token: expect.any(String) });
      if (process.platform === 'linux') {
        expect(content).toMatchObject({ start: expect.stringMatching(/^\d+$/), boot: expect.any(String) });
      }
      expect(statSync(file(dir)).mode & 0o777).toBe(0o600);
    });
  });
});

describe('the files that locks are linked to', () => {
  const names = (dir: string) => readdirSync(dir).filter((name) => name.startsWith('.'));

  it('serve one lock after another while any is held, and go with the last', async () => {
    const dir = await emptyFolder();
    const locks = createLocks({ dir });
    await locks.with('it', async () => {
      await locks.with('other', async (lock) => lock.verify());
      const [first, second] = names(dir);
      await locks.with('third', async (lock) => lock.verify());
      expect(names(dir)).toEqual([first, second]);
      expect(readdirSync(dir).filter((name) => !name.startsWith('.'))).toEqual(['it.lock']);
    });
    expect(readdirSync(dir)).toEqual([]);
  });

  it('are made anew where someone swept them away', async () => {
    const dir = await emptyFolder();
    const locks = createLocks({ dir });
    await locks.with('it', async (it) => {
      await locks.with('other', async () => undefined);
      for (const name of names(dir)) rmSync(join(dir, name));
      expect(await locks.with('other', async (lock) => lock.verify().then(() => 'held'))).toBe('held');
      await it.verify();
    });
    expect(readdirSync(dir)).toEqual([]);
  });

  it('are not needed where the file system has no links', async () => {
    const dir = await emptyFolder();
    const locks = createLocks({ dir });
    const { linkSync } = fs;
    fs.linkSync = () => {
      throw Object.assign(new Error('EPERM: operation not permitted, link'), { code: 'EPERM' });
    };
    syncBuiltinESMExports();
    try {
      await locks.with('it', async (lock) => {
        await lock.verify();
        expect(JSON.parse(await readFile(file(dir), 'utf8'))).toMatchObject({ pid: process.pid });
        await expect(createLocks({ dir }).with('it', async () => 1, { wait: 0 })).rejects.toMatchObject(conflict);
      });
    } finally {
      fs.linkSync = linkSync;
      syncBuiltinESMExports();
    }
    expect(readdirSync(dir)).toEqual([]);
  });

  it('that a killed process left are swept up', async () => {
    const dir = await emptyFolder();
    const other = startScript(await bundleScript('test/scripts/hold-lock.ts'), [dir, 'it']);
    await other.printed('held');
    other.child.kill('SIGKILL');
    await other.ended;
    expect(readdirSync(dir)).toHaveLength(2);
    await createLocks({ dir, temporary: await emptyFolder() }).sweep?.();
    expect(readdirSync(dir)).toEqual([]);
  });
});

describe('sweeping up', () => {
  it('leaves a lock that cannot be read, and removes the next; who needs that one is told', async () => {
    const dir = await emptyFolder();
    await mkdir(join(dir, 'a.lock'));
    writeFileSync(join(dir, 'b.lock'), '{}');
    utimesSync(join(dir, 'b.lock'), 1, 1);
    const locks = createLocks({ dir, temporary: await emptyFolder() });
    await locks.sweep?.();
    expect(readdirSync(dir).sort()).toEqual(['a.lock']);
    await expect(locks.with('a', async () => 1, { wait: 0 })).rejects.toMatchObject(conflict);
  });
});

describe('a lock that is not let go', () => {
  const other = { pid: process.pid, start: null, boot: null, host: 'elsewhere', token: 't' };

  it('is respected while its heartbeat is young, and taken over once it is 20 s old', async () => {
    const dir = await emptyFolder();
    let now = Date.now();
    const locks = createLocks({ dir, now: () => now });
    writeFileSync(file(dir), JSON.stringify(other));
    now = statSync(file(dir)).mtimeMs + 19_900;
    await expect(locks.with('it', async () => 1, { wait: 0 })).rejects.toMatchObject(conflict);
    expect(await locks.isHeld('it')).toBe(true);
    now += 200;
    expect(await locks.isHeld('it'), 'nothing is taken by asking').toBe(false);
    expect(await locks.with('it', async () => 'ours', { wait: 0 })).toBe('ours');
    expect(readdirSync(dir)).toEqual([]);
  });

  it('is respected at any content while young: its maker may not have written it yet', async () => {
    const dir = await emptyFolder();
    for (const text of ['', '{', '[]', '{"pid":1}']) {
      writeFileSync(file(dir), text);
      await expect(createLocks({ dir }).with('it', async () => 1, { wait: 0 })).rejects.toMatchObject(conflict);
      utimesSync(file(dir), 1, 1);
      expect(await createLocks({ dir }).with('it', async () => 1, { wait: 0 })).toBe(1);
    }
  });

  it('tells its holder, when it was taken over, before the next write', async () => {
    const dir = await emptyFolder();
    const locks = createLocks({ dir });
    await locks.with('it', async (lock) => {
      await lock.verify();
      rmSync(file(dir));
      writeFileSync(file(dir), JSON.stringify(other));
      await expect(lock.verify()).rejects.toMatchObject(conflict);
    });
    expect(JSON.parse(await readFile(file(dir), 'utf8')), 'another’s lock is not removed').toEqual(other);
  });
});

describe('locks between processes', () => {
  let holder: string;
  let counter: string;
  beforeAll(async () => {
    holder = await bundleScript('test/scripts/hold-lock.ts');
    counter = await bundleScript('test/scripts/count-up.ts');
  });

  it('are respected while the other lives', async () => {
    const dir = await emptyFolder();
    const other = startScript(holder, [dir, 'it']);
    await other.printed('held');
    await expect(createLocks({ dir }).with('it', async () => 1, { wait: 30 })).rejects.toThrow(
      `it is in use by process ${other.child.pid} on `,
    );
    other.child.stdin?.end();
    expect(await createLocks({ dir }).with('it', async () => 'next')).toBe('next');
    expect(await other.ended).toBe(0);
    expect(other.output()).toContain('verified');
  });

  it('are taken over at once from one that was killed', async () => {
    const dir = await emptyFolder();
    const other = startScript(holder, [dir, 'it']);
    await other.printed('held');
    other.child.kill('SIGKILL');
    await other.ended;
    expect(await createLocks({ dir }).with('it', async () => 'ours', { wait: 0 })).toBe('ours');
  });

  it('are taken over at once also where another was killed while it took them over', async () => {
    const dir = await emptyFolder();
    const other = startScript(holder, [dir, 'it']);
    await other.printed('held');
    other.child.kill('SIGKILL');
    await other.ended;
    writeFileSync(`${file(dir)}.takeover`, await readFile(file(dir)));
    expect(await createLocks({ dir }).with('it', async () => 'ours', { wait: 0 })).toBe('ours');
    await createLocks({ dir, temporary: await emptyFolder() }).sweep?.();
    expect(readdirSync(dir)).toEqual([]);
  });

  it('of a pid that another program got meanwhile are taken over', async ({ skip }) => {
    if (process.platform === 'win32') skip();
    const dir = await emptyFolder();
    const locks = createLocks({ dir });
    const content = await locks.with('it', () => readFile(file(dir), 'utf8'));
    await writeFile(file(dir), JSON.stringify({ ...JSON.parse(content), start: '1' }));
    expect(await locks.with('it', async () => 'ours', { wait: 0 })).toBe('ours');
  });

  it('lose no update when 8 processes count at once', async () => {
    const dir = await emptyFolder();
    const count = join(dir, 'count');
    writeFileSync(count, '0');
    const scripts = Array.from({ length: 8 }, () => startScript(counter, [join(dir, 'locks'), count, '25']));
    for (const script of scripts) expect(await script.ended, script.output()).toBe(0);
    expect(await readFile(count, 'utf8')).toBe('200');
  });

  it('give way to exactly one where many find a dead holder', async () => {
    const dir = await emptyFolder();
    const count = join(dir, 'count');
    writeFileSync(count, '0');
    await mkdir(join(dir, 'locks'));
    writeFileSync(join(dir, 'locks', 'counter.lock'), '{}');
    utimesSync(join(dir, 'locks', 'counter.lock'), 1, 1);
    const scripts = Array.from({ length: 8 }, () => startScript(counter, [join(dir, 'locks'), count, '5']));
    for (const script of scripts) expect(await script.ended, script.output()).toBe(0);
    expect(await readFile(count, 'utf8')).toBe('40');
    expect(readdirSync(join(dir, 'locks'))).toEqual([]);
  });
});

describe('locks of other programs’ files', () => {
  it('meet whatever way the file is named, in a closed folder of the user’s own', async () => {
    const [dir, temporary] = [await emptyFolder(), await emptyFolder()];
    await writeFile(join(dir, 'config.json'), '{}');
    await symlink(join(dir, 'config.json'), join(dir, 'link.json'));
    const [ours, theirs] = [1, 2].map((home) => createLocks({ dir: join(dir, `${home}`), temporary }));
    await ours?.withFile(join(dir, 'config.json'), async (lock) => {
      await lock.verify();
      const again = theirs?.withFile(join(dir, 'link.json'), async () => 1, { wait: 0 });
      await expect(again).rejects.toMatchObject(conflict);
      expect(await theirs?.withFile(join(dir, 'other.json'), async () => 'free', { wait: 0 })).toBe('free');
    });
    const [folder] = readdirSync(temporary);
    expect(statSync(join(temporary, folder ?? '')).mode & 0o777).toBe(0o700);
  });

  it('close a folder that was open to others, and refuse one that is a link', async ({ skip }) => {
    if (process.platform === 'win32') skip();
    const name = `mcpkey-${userInfo().uid}`;
    const open = await emptyFolder();
    await mkdir(join(open, name));
    await chmod(join(open, name), 0o777);
    await createLocks({ dir: open, temporary: open }).withFile('/x', async () => 1);
    expect(statSync(join(open, name)).mode & 0o777).toBe(0o700);

    const linked = await emptyFolder();
    await symlink(open, join(linked, name));
    const attempt = createLocks({ dir: open, temporary: linked }).withFile('/x', async () => 1);
    await expect(attempt).rejects.toMatchObject(conflict);
  });
});
