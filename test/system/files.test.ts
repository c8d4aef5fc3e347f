import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { chmod, link, mkdir, readlink, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { fileError } from '../../src/system/faults.ts';
import { appendSynced, followLinks, readBytes, readText, removeFile, writeAtomic } from '../../src/system/files.ts';
import { emptyFolder } from '../helpers/folder.ts';

const mode = (path: string) => statSync(path).mode & 0o777;

describe('writeAtomic', () => {
  it('makes the folder 0700 and the file 0600, and leaves nothing else', async () => {
    const dir = await emptyFolder();
    await writeAtomic(join(dir, 'a/b/file'), 'text');
    expect(readFileSync(join(dir, 'a/b/file'), 'utf8')).toBe('text');
    expect([mode(join(dir, 'a')), mode(join(dir, 'a/b')), mode(join(dir, 'a/b/file'))]).toEqual([0o700, 0o700, 0o600]);
    expect(readdirSync(join(dir, 'a/b'))).toEqual(['file']);
  });

  it('keeps the mode of a file, unless told another', async () => {
    const path = join(await emptyFolder(), 'file');
    writeFileSync(path, 'old');
    await chmod(path, 0o664);
    await writeAtomic(path, 'new', { freshMode: 0o600 });
    expect(mode(path)).toBe(0o664);
    await writeAtomic(path, 'newer', { mode: 0o600 });
    expect(mode(path)).toBe(0o600);
    expect(readFileSync(path, 'utf8')).toBe('newer');
  });

  it('writes bytes as they are', async () => {
    const path = join(await emptyFolder(), 'file');
    await writeAtomic(path, Buffer.from([0xef, 0xbb, 0xbf, 0, 255]));
    expect(await readBytes(path)).toEqual(Buffer.from([0xef, 0xbb, 0xbf, 0, 255]));
  });

  it('follows a chain of links, relative ones and one into nothing, and the links stay', async () => {
    const dir = await emptyFolder();
    await mkdir(join(dir, 'real'));
    await symlink('middle', join(dir, 'first'));
    await symlink('real/file', join(dir, 'middle'));
    for (const text of ['made', 'changed']) {
      await writeAtomic(join(dir, 'first'), text);
      expect(readFileSync(join(dir, 'real/file'), 'utf8')).toBe(text);
    }
    expect(await readlink(join(dir, 'first'))).toBe('middle');
    expect(await readlink(join(dir, 'middle'))).toBe('real/file');
    expect(readdirSync(dir).sort()).toEqual(['first', 'middle', 'real']);
  });

  it('resolves a link below a linked folder against the folder it really lies in', async () => {
    const dir = await emptyFolder();
    await mkdir(join(dir, 'deep/er'), { recursive: true });
    await symlink(join(dir, 'deep/er'), join(dir, 'short'));
    await symlink('../target', join(dir, 'deep/er/link'));
    expect(await followLinks(join(dir, 'short/link'))).toBe(await followLinks(join(dir, 'deep/target')));
  });

  it('refuses a hard link, a folder, a loop of links', async () => {
    const dir = await emptyFolder();
    writeFileSync(join(dir, 'one'), 'kept');
    await link(join(dir, 'one'), join(dir, 'two'));
    await mkdir(join(dir, 'folder'));
    await symlink('loop', join(dir, 'loop'));
    for (const name of ['one', 'two', 'folder', 'loop']) {
      await expect(writeAtomic(join(dir, name), 'new'), name).rejects.toMatchObject({ code: 'conflict' });
    }
    expect(readFileSync(join(dir, 'one'), 'utf8')).toBe('kept');
    expect(readdirSync(dir).sort()).toEqual(['folder', 'loop', 'one', 'two']);
  });

  it('refuses to write where a file stands for a folder', async () => {
    const dir = await emptyFolder();
    writeFileSync(join(dir, 'file'), '');
    await expect(writeAtomic(join(dir, 'file/below'), 'x')).rejects.toMatchObject({ code: 'conflict' });
  });

  it('leaves the old file, and no temporary one, where the last look says no', async () => {
    const dir = await emptyFolder();
    writeFileSync(join(dir, 'file'), 'old');
    const beforeRename = () => Promise.reject(new UserError('conflict', 'changed meanwhile'));
    await expect(writeAtomic(join(dir, 'file'), 'new', { beforeRename })).rejects.toThrow('changed meanwhile');
    expect(readFileSync(join(dir, 'file'), 'utf8')).toBe('old');
    expect(readdirSync(dir)).toEqual(['file']);
  });

  it('shows a reader the old text or the new one, never a part', async () => {
    const path = join(await emptyFolder(), 'file');
    const texts = ['a', 'b'].map((letter) => letter.repeat(200_000));
    await writeAtomic(path, texts[0] ?? '');
    let writing = true;
    const reader = (async () => {
      const seen = new Set<string | undefined>();
      while (writing) seen.add(await readText(path));
      return seen;
    })();
    for (let count = 0; count < 20; count += 1) await writeAtomic(path, texts[count % 2] ?? '');
    writing = false;
    for (const text of await reader) expect(texts).toContain(text);
  });
});

describe('reading, removing and appending', () => {
  it('has a value for what is not there', async () => {
    const dir = await emptyFolder();
    writeFileSync(join(dir, 'file'), 'text');
    expect(await readText(join(dir, 'none'))).toBeUndefined();
    expect(await readText(join(dir, 'file/none'))).toBeUndefined();
    expect(await removeFile(join(dir, 'none'))).toBe(false);
    expect(await removeFile(join(dir, 'file'))).toBe(true);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('appends lines to a file of the user alone', async () => {
    const path = join(await emptyFolder(), 'state', 'log');
    await appendSynced(path, 'one');
    await appendSynced(path, 'two');
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
    expect(mode(path)).toBe(0o600);
  });
});

describe('fileError', () => {
  const fault = (code: string) => Object.assign(new Error(`${code}: open '/x'`), { code });

  it.each(['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'EISDIR', 'ENOTDIR', 'EIO'])(
    'says what %s means',
    (code) => {
      const error = fileError(fault(code), '/home/ann/file', 'write');
      expect(error).toMatchObject({ code: 'conflict', hint: expect.any(String) });
      expect(String(error)).toContain('Cannot write /home/ann/file: ');
    },
  );

  it('leaves every other error as it is', () => {
    const error = fault('EWHATEVER');
    expect(fileError(error, '/x', 'read')).toBe(error);
  });
});
