import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { appendSynced, createFile, removeFile, writeAtomic } from '../../src/system/files.ts';
import { createLocks } from '../../src/system/locks.ts';
import { fillUp, isRoot, setReadOnly, smallDisk } from '../helpers/disks.ts';

const full = { code: 'conflict', message: expect.stringContaining('the disk is full') };
const readOnly = { code: 'conflict', message: expect.stringContaining('the disk is read-only') };

describe.runIf(process.platform === 'linux' && isRoot())('a full disk', () => {
  it('leaves the old file whole, and no temporary one', async () => {
    const disk = await smallDisk(128);
    writeFileSync(join(disk, 'file'), 'old');
    fillUp(disk);
    await expect(writeAtomic(join(disk, 'file'), 'n'.repeat(9_000))).rejects.toMatchObject(full);
    await expect(writeAtomic(join(disk, 'fresh'), 'n'.repeat(9_000))).rejects.toMatchObject(full);
    await expect(createFile(join(disk, 'fresh'), 'n'.repeat(9_000))).rejects.toMatchObject(full);
    expect(readFileSync(join(disk, 'file'), 'utf8')).toBe('old');
    expect(readdirSync(disk).sort()).toEqual(['file', 'filler']);
  });

  it('takes back a line that did not fit', async () => {
    const disk = await smallDisk(128);
    await appendSynced(join(disk, 'log'), 'first');
    fillUp(disk);
    await expect(appendSynced(join(disk, 'log'), 'x'.repeat(9_000))).rejects.toMatchObject(full);
    expect(readFileSync(join(disk, 'log'), 'utf8')).toBe('first\n');
    await removeFile(join(disk, 'filler'));
    await appendSynced(join(disk, 'log'), 'second');
    expect(readFileSync(join(disk, 'log'), 'utf8')).toBe('first\nsecond\n');
  });

  it('leaves no lock that nobody holds', async () => {
    const disk = await smallDisk(128);
    const locks = createLocks({ dir: join(disk, 'locks') });
    await locks.with('it', async () => 1);
    fillUp(disk);
    await expect(locks.with('it', async () => 1)).rejects.toMatchObject(full);
    await removeFile(join(disk, 'filler'));
    expect(await locks.with('it', async () => 2, { wait: 0 })).toBe(2);
  });
});

describe.runIf(process.platform === 'linux' && isRoot())('a read-only disk', () => {
  it('is named, whatever is written', async () => {
    const disk = await smallDisk(128);
    writeFileSync(join(disk, 'file'), 'old');
    setReadOnly(disk);
    const attempts = [
      () => writeAtomic(join(disk, 'file'), 'new'),
      () => writeAtomic(join(disk, 'fresh'), 'new'),
      () => writeAtomic(join(disk, 'deep/fresh'), 'new'),
      () => appendSynced(join(disk, 'file'), 'line'),
      () => createFile(join(disk, 'fresh'), 'new'),
      () => removeFile(join(disk, 'file')),
      () => createLocks({ dir: disk }).with('it', async () => 1),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject(readOnly);
    setReadOnly(disk, false);
    expect(readdirSync(disk)).toEqual(['file']);
  });
});
