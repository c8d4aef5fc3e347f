/** Files of mcpkey's own that somebody broke: named, kept as they are, never written over. */
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mcpkey } from '../helpers/cli.ts';
import { createPlacingMachine, type PlacingMachine } from '../placement/machine.ts';
import { ERROR, PROFILE } from './documents.ts';

let machine: PlacingMachine;
beforeEach(async () => {
  machine = await createPlacingMachine();
  await machine.key({ name: 'stock' });
});
afterEach(() => machine.home.remove());

const CONFIG = 'config/config.json';
const KEY = 'data/ledger/stock/ci.json';
const run = (line: string, input?: string) =>
  mcpkey(['--json', ...line.split(' ')], { home: machine.home, ...(input === undefined ? {} : { input }) });

async function fails(line: string, input?: string) {
  const { code, stdout, stderr } = await run(line, input);
  expect(stdout, stderr).toBe('');
  return { exit: code, ...ERROR.parse(JSON.parse(stderr.trim().split('\n').at(-1) ?? '').error) };
}

/** Puts these bytes in the file's place, made where there is none; resolves to the file's path. */
async function spoil(file: string, bytes: string | Uint8Array): Promise<string> {
  const path = join(machine.home.mcpkey, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return path;
}

/** The key's record with one field of another kind. */
async function withField(file: string, change: (document: Record<string, unknown>) => void): Promise<string> {
  const document: unknown = JSON.parse(await readFile(join(machine.home.mcpkey, file), 'utf8'));
  const fields = z.record(z.string(), z.unknown()).parse(document);
  change(fields);
  return JSON.stringify(fields);
}

describe('a file that cannot be read is named with the place, and kept', () => {
  it.each([
    [CONFIG, '{\n  "profiles": {,}\n}', 'profile list', 'line 2, column 16'],
    [CONFIG, '', 'whoami', 'line 1, column 1'],
    [CONFIG, '[]', 'profile add investra', 'not a JSON object'],
    [CONFIG, '{"profiles": []}', 'profile list', '"profiles" is not an object'],
    [CONFIG, '{"profiles": {"stock": 7}}', 'list', 'profile "stock" is not an object'],
    [CONFIG, '{"profiles": {"stock": {}}}', 'list', 'profile "stock" names no provider'],
    [CONFIG, '{"profiles": {"stock": {"provider": "generic", "url": 7}}}', 'list', '"url" of profile "stock"'],
    [CONFIG, '{"profiles": {"s": {"provider": "generic", "command": "x"}}}', 'profile list', 'not a list of texts'],
    [CONFIG, '{"profiles": {"s": {"provider": "generic", "sign": "no"}}}', 'profile list', 'neither true nor false'],
    [CONFIG, '{"preferences": {"store": 7}}', 'store status', 'preference "store" is not a text'],
    [CONFIG, '{"defaultProfile": 7}', 'profile list', '"defaultProfile" is not a text'],
    [CONFIG, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 'profile add investra', 'not UTF-8'],
    ['config/home-id', 'nonsense', 'import next --stdin', '16 hexadecimal digits'],
    ['config/undo-recipient', 'nonsense', 'place stock/ci cursor', 'not a recipient'],
    [KEY, '{\n"profile" "stock"\n}', 'list --local', 'line 2, column 11'],
    [KEY, '[]', 'get stock/ci', 'not a JSON object'],
    [KEY, '{"profile": "stock"}', 'get stock/ci', 'not a record of a key'],
    [KEY, Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d]), 'headers stock/ci', 'not UTF-8'],
    ['data/ledger/.secrets/stock/login.json', '{', 'whoami', 'line 1, column 2'],
    ['data/ledger/.secrets/stock/login.json', '{}', 'store status', 'secret’s place'],
    ['data/ledger/.bindings/shop/stock.json', '{"ref": 7}', 'verify @shop/stock', 'not a record of a binding'],
    ['data/ledger/.placements/x.json', '{"ref": "a/@login", "placements": [7]}', 'place stock/ci cursor', 'placements'],
    ['data/providers/acme.json', '{\n  oops\n}', 'provider list', 'line 2, column 3'],
    ['data/providers/acme.json', '{"id": "acme"}', 'provider show acme', '$.title'],
    ['state/journals/placement-0123456789.jsonl', 'nonsense\n{}\n', 'list --local', 'line 1'],
    ['state/log', 'nonsense\n', 'log', 'line 1'],
  ])('%s: %s', async (file, bytes, command, says) => {
    const path = await spoil(file, bytes);
    const error = await fails(command, `acme-${'k'.repeat(20)}`);
    expect(error, error.message).toMatchObject({ code: 'bad_config_file', exit: 1 });
    expect(error.message).toContain(path);
    expect(error.message).toContain(says);
    expect(error.hint).toMatch(/Mend|mv |provider init/);
    expect(await readFile(path)).toEqual(Buffer.from(bytes));
  });

  it.each<[string, (record: Record<string, unknown>) => void]>([
    ['scopes', (record) => Object.assign(record, { scopes: [7] })],
    ['metadata', (record) => Object.assign(record, { metadata: { owner: 7 } })],
    ['expiresAt', (record) => Object.assign(record, { expiresAt: 7 })],
    ['previous', (record) => Object.assign(record, { previous: 'x' })],
    ['placements', (record) => Object.assign(record, { placements: [{ client: 'cursor' }] })],
  ])('the record of a key, whose %s has another type', async (_field, change) => {
    const text = await withField(KEY, change);
    const path = await spoil(KEY, text);
    for (const command of ['show stock/ci', 'place stock/ci cursor', 'revoke stock/ci --yes']) {
      const error = await fails(command);
      expect(error, error.message).toMatchObject({ code: 'bad_config_file', message: expect.stringContaining(path) });
    }
    expect(await readFile(path, 'utf8')).toBe(text);
  });
});

describe('a file that is only unusual', () => {
  it('the configuration with a byte-order mark, and with fields of another version, which stay', async () => {
    const config = await readFile(join(machine.home.mcpkey, CONFIG), 'utf8');
    const path = await spoil(CONFIG, `\uFEFF${config.replace('{', '{"later": [1],')}`);
    const rows = z.array(PROFILE).parse(JSON.parse((await run('profile list')).stdout));
    expect(rows).toMatchObject([{ profile: 'stock' }]);
    expect(await run('profile add investra')).toMatchObject({ code: 0 });
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ later: [1], profiles: { investra: {} } });
  });

  it('the configuration as a link stays one', async () => {
    const path = join(machine.home.mcpkey, CONFIG);
    const real = await machine.home.write('dotfiles/mcpkey.json', await readFile(path, 'utf8'));
    await rm(path);
    await symlink(real, path);
    expect(await run('profile add investra')).toMatchObject({ code: 0 });
    expect(await readFile(real, 'utf8')).toContain('investra');
    expect(await readFile(path, 'utf8')).toContain('investra');
  });

  it('a cache that is broken is no failure, and is made anew', async () => {
    const path = await spoil('state/eras.json', '{ nonsense');
    const { code } = await run('verify stock/ci --timeout 5s');
    expect(code).toBe(9);
    expect(await readFile(path, 'utf8')).toBe('{ nonsense');
  });

  it('the end of the history, cut off by a crash, is no entry; what comes next stands alone', async () => {
    await run('get stock/ci');
    const path = join(machine.home.mcpkey, 'state/log');
    await writeFile(path, `${await readFile(path, 'utf8')}{"id":"cut of`);
    await run('get stock/ci');
    expect(JSON.parse((await run('log --verify')).stdout)).toHaveLength(2);
  });

  it('a line of the history that somebody broke stops no work, and stays for the one who mends it', async () => {
    const path = await spoil('state/log', 'nonsense\n');
    expect(await run('get stock/ci')).toMatchObject({ code: 0 });
    expect(await readFile(path, 'utf8')).toMatch(/^nonsense\n\{.*\}\n$/);
  });

  it('a folder where a file should be is named', async () => {
    await rm(join(machine.home.mcpkey, KEY));
    await mkdir(join(machine.home.mcpkey, KEY));
    const error = await fails('get stock/ci');
    expect(error).toMatchObject({ code: 'conflict', exit: 1, message: expect.stringContaining(KEY) });
    expect(error.hint).toContain('folder');
  });
});
