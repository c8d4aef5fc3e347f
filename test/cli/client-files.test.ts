/** Clients' files that cannot be edited: named with the place, kept to the byte, and nothing half done. */
import { execFileSync } from 'node:child_process';
import { link, lstat, mkdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mcpkey } from '../helpers/cli.ts';
import { createPlacingMachine, type PlacingMachine } from '../placement/machine.ts';
import { CHANGES, ERROR, KEY, SETUP } from './documents.ts';
import { tracesIn } from './traces.ts';

let machine: PlacingMachine;
let path: string;
beforeEach(async () => {
  machine = await createPlacingMachine();
  await machine.key({ name: 'stock' });
  path = join(machine.home.dir, '.cursor/mcp.json');
  await mkdir(dirname(path));
});
afterEach(() => machine.home.remove());

const run = (line: string, input = '') => mcpkey(['--json', ...line.split(' ')], { home: machine.home, input });

async function fails(line: string, input?: string) {
  const { code, stdout, stderr } = await run(line, input);
  expect(stdout, stderr).toBe('');
  return { exit: code, ...ERROR.parse(JSON.parse(stderr.trim().split('\n').at(-1) ?? '').error) };
}

/** The launcher that entries start is made beforehand, and is no half of anything. */
const traces = async () => {
  const all = Object.entries(await tracesIn(machine.home.root));
  return Object.fromEntries(all.filter(([file]) => !file.includes('/data/app/')));
};

const placements = async () => KEY.parse(JSON.parse((await run('show stock/ci')).stdout)).placements;

const BYTES: readonly (readonly [what: string, bytes: string | Uint8Array, says: string])[] = [
  ['cut off', '{\n  "mcpServers": {', 'line 2, column'],
  ['no JSON', '{\n  oops\n}', 'line 2, column 3'],
  ['with two documents', '{"mcpServers": {}}\n{}', 'line 2, column 1'],
  ['a list', '[]', 'line 1, column 1'],
  ['null', 'null', 'line 1, column 1'],
  ['with a list for the table', '{\n  "mcpServers": []\n}', 'line 2, column 17: "mcpServers" must be an object'],
  ['with null for the table', '{"mcpServers": null}', '"mcpServers" must be an object'],
  ['with two tables', '{"mcpServers": {},\n"mcpServers": {}}', 'line 2, column 1'],
  ['not UTF-8', Buffer.from('{"mcpServers": {"\xff": {}}}', 'latin1'), 'UTF-8'],
  ['UTF-16', Buffer.from('\uFEFF{"mcpServers": {}}', 'utf16le'), 'not UTF-8'],
];

describe('a config file', () => {
  it.each(BYTES)('%s is refused by every command that would write it', async (_what, bytes, says) => {
    await writeFile(path, bytes);
    const before = await traces();
    const key = `made-up-${'k'.repeat(20)}`;
    for (const line of [
      'place stock/ci claude-code cursor',
      'create next --stdin --place cursor',
      'setup stock --place cursor',
    ]) {
      const error = await fails(line, key);
      expect(error, error.message).toMatchObject({ code: 'bad_config_file', exit: 1 });
      expect(error.message).toContain(path);
      expect(error.message).toContain(says);
      expect(error.hint).toMatch(/Mend|Save/);
    }
    expect(await traces(), 'no file, no key, no record').toEqual(before);
  });

  it.each([
    ['with a comma too many', '{\n  "mcpServers": {},\n}', 'line 3, column 1'],
    ['with a comment', '{\n  // mine\n  "mcpServers": {}\n}', 'line 2, column 3'],
  ])('%s is refused where the client refuses it, and kept where it does not', async (_what, text, says) => {
    const strict = join(machine.home.dir, '.claude.json');
    await writeFile(strict, text);
    await writeFile(path, text);
    const error = await fails('place stock/ci cursor claude-code');
    expect(error).toMatchObject({ code: 'bad_config_file', exit: 1, message: expect.stringContaining(says) });
    expect([await readFile(strict, 'utf8'), await readFile(path, 'utf8')]).toEqual([text, text]);
    expect(await run('place stock/ci cursor')).toMatchObject({ code: 0 });
    expect(await readFile(path, 'utf8')).toMatch(
      /^\{\n( {2}\/\/ mine\n)? {2}"mcpServers": \{\n {4}"stock": \{[\s\S]*\},?\n\}$/,
    );
    expect(await run('unplace stock/ci cursor')).toMatchObject({ code: 0 });
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  it('with the entry twice is refused also where it shall be replaced', async () => {
    await writeFile(path, '{"mcpServers": {"stock": {},\n"stock": {}}}');
    const error = await fails('place stock/ci cursor --force');
    expect(error).toMatchObject({ code: 'bad_config_file', message: expect.stringContaining('line 2, column 1') });
    expect(await placements()).toEqual([]);
  });

  it('that broke since it was placed is not touched by unplace, and the entry stays known', async () => {
    await run('place stock/ci cursor');
    await writeFile(path, '{');
    expect(await fails('unplace stock/ci cursor')).toMatchObject({ code: 'bad_config_file', exit: 1 });
    expect(await fails('undo --yes')).toMatchObject({ code: 'conflict', exit: 1 });
    expect([await readFile(path, 'utf8'), await placements()]).toEqual(['{', [expect.objectContaining({ path })]]);
  });

  it('that mcpkey made and someone linked since is not parted by unplace or undo', async () => {
    await run('place stock/ci cursor');
    const placed = await readFile(path, 'utf8');
    await link(path, join(machine.home.dir, 'twin.json'));
    for (const line of ['unplace stock/ci cursor', 'undo --yes']) {
      expect(await fails(line)).toMatchObject({
        code: 'conflict',
        exit: 1,
        message: expect.stringContaining('hard links'),
      });
    }
    expect([await readFile(path, 'utf8'), await placements()]).toEqual([placed, [expect.objectContaining({ path })]]);
  });

  it('that the client has not, in a command whose --scope is the key’s, is told with an option that the command has', async () => {
    for (const line of [
      'create next --stdin --place claude-desktop --project',
      'setup stock --place claude-desktop --project',
    ]) {
      const error = await fails(line, 'made-up');
      expect(error).toMatchObject({ code: 'unsupported', hint: expect.stringContaining('Leave --project out') });
      expect(error.hint).not.toContain('--scope');
    }
    expect((await fails('place stock/ci claude-desktop --scope project')).hint).toContain('--scope user');
  });

  it('with an entry of that name that is someone’s own is kept, and no key is made for it', async () => {
    await writeFile(path, '{"mcpServers": {"stock": {"url": "https://own.example"}}}');
    const before = await traces();
    for (const line of ['place stock/ci cursor', 'create next --stdin --place cursor', 'setup stock --place cursor']) {
      const error = await fails(line, 'made-up');
      expect(error).toMatchObject({ code: 'conflict', exit: 1, message: expect.stringContaining(path) });
      expect(error.hint).toContain('--force');
    }
    expect(await traces()).toEqual(before);
  });

  it.each([
    ['a byte-order mark', '\uFEFF{"mcpServers": {}}', /^\uFEFF\{/],
    ['line ends of Windows', '{\r\n  "mcpServers": {}\r\n}\r\n', /^\{\r\n(?:[^\n]*\r\n)+$/],
    ['another key twice', '{"mcpServers": {"a": 1, "a": 2}}', /"a": 1, "a": 2/],
  ])('with %s keeps it, and unplace gives back the bytes', async (_what, text, kept) => {
    await writeFile(path, text);
    expect(await run('place stock/ci cursor')).toMatchObject({ code: 0 });
    expect(await readFile(path, 'utf8')).toMatch(kept);
    expect(await run('unplace stock/ci cursor')).toMatchObject({ code: 0 });
    expect(await readFile(path, 'utf8')).toBe(text);
  });
});

describe('what stands in the file’s place', () => {
  it('a folder is refused', async () => {
    await mkdir(path);
    for (const line of ['place stock/ci cursor', 'setup stock --place cursor']) {
      const error = await fails(line);
      expect(error).toMatchObject({ code: 'conflict', exit: 1, message: expect.stringContaining(path) });
      expect(error.hint).toContain('folder');
    }
    expect(await placements()).toEqual([]);
  });

  it('a pipe is refused, and nobody waits for it', async () => {
    execFileSync('mkfifo', [path]);
    for (const line of ['place stock/ci cursor', 'setup stock --place cursor', 'create next --stdin --place cursor']) {
      expect(await fails(line)).toMatchObject({ code: 'conflict', exit: 1, message: expect.stringContaining(path) });
    }
    expect((await run('clients')).stdout).toContain('no regular file');
  });

  it('a hard link is refused, and both names keep the bytes', async () => {
    const other = join(machine.home.dir, 'other.json');
    await writeFile(other, '{}');
    await link(other, path);
    expect(await fails('place stock/ci cursor')).toMatchObject({ code: 'conflict', exit: 1, hint: expect.any(String) });
    expect([(await stat(path)).nlink, await readFile(path, 'utf8')]).toEqual([2, '{}']);
    expect(await placements()).toEqual([]);
  });

  it('a link that leads back to itself is refused', async () => {
    await symlink('mcp.json', path);
    const error = await fails('place stock/ci cursor');
    expect(error).toMatchObject({ code: 'conflict', exit: 1, hint: expect.any(String) });
    expect(await readlink(path)).toBe('mcp.json');
  });

  it('links that lead in a circle are told, and the other clients are looked at all the same', async () => {
    await writeFile(join(machine.home.dir, '.claude.json'), '{}');
    await symlink('loop', path);
    await symlink('mcp.json', join(dirname(path), 'loop'));
    expect(await fails('place stock/ci cursor')).toMatchObject({ code: 'conflict', hint: expect.any(String) });
    for (const line of ['clients', 'adopt --dry-run']) {
      const { stdout, stderr } = await run(line);
      expect(stdout + stderr, line).toContain('leads back to itself');
    }
    expect(await run('doctor --check client.permissions')).toMatchObject({ code: 0, stderr: '' });
    const [row] = CHANGES.parse(JSON.parse((await run('place stock/ci claude-code')).stdout));
    expect(row).toMatchObject({ changed: true });
  });

  it('a link to a file that is not there yet stays; the file is made, and taken away again', async () => {
    const target = join(machine.home.dir, 'dotfiles/mcp.json');
    await symlink(target, path);
    const [row] = CHANGES.parse(JSON.parse((await run('place stock/ci cursor')).stdout));
    expect(row).toMatchObject({ path, changed: true });
    expect(await readFile(target, 'utf8')).toContain('stock');
    expect(await run('unplace stock/ci cursor')).toMatchObject({ code: 0 });
    expect((await lstat(path)).isSymbolicLink()).toBe(true);
    await expect(stat(target)).rejects.toThrow('ENOENT');
  });

  it('a file where the client’s folder should be is named', async () => {
    await writeFile(join(machine.home.dir, '.config'), 'no folder');
    const error = await fails('place stock/ci claude-desktop');
    expect(error).toMatchObject({ code: 'conflict', exit: 1, message: expect.stringContaining('folder') });
    expect(await placements()).toEqual([]);
  });
});

describe('setup --json with a file that cannot be written', () => {
  it('says which key is there and how to go on', async () => {
    await writeFile(join(machine.home.dir, 'other.json'), '{}');
    await link(join(machine.home.dir, 'other.json'), path);
    const { code, stdout } = await run('setup stock --place cursor');
    expect(code).toBe(1);
    const [row] = SETUP.parse(JSON.parse(stdout));
    expect(row).toMatchObject({ state: 'failed', key: 'stock/ci', error: { code: 'conflict' } });
  });

  it('create says that the key was made and stored, and places nothing', async () => {
    await writeFile(join(machine.home.dir, 'other.json'), '{}');
    await link(join(machine.home.dir, 'other.json'), path);
    const error = await fails('create next --stdin --place cursor', `made-up-${'k'.repeat(20)}`);
    expect(error).toMatchObject({ code: 'conflict', exit: 1 });
    expect(error.message).toContain('stock/next was made and stored');
    expect(error.hint).toContain('mcpkey place stock/next cursor');
    const key = KEY.parse(JSON.parse((await run('show stock/next')).stdout));
    expect(key).toMatchObject({ stored: true, placements: [] });
  });
});
