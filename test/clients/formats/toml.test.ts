import { describe, expect, it } from 'vitest';
import {
  cutEntry,
  type EntryPlace,
  loadFormat,
  putEntry,
  readEntries,
  readTexts,
} from '../../../src/clients/formats/index.ts';
import { replaceInEntry } from '../../../src/clients/formats/replace.ts';

const place: EntryPlace = { format: 'toml', path: '/x/config.toml', servers: ['mcp_servers'] };
const list: EntryPlace = { ...place, named: 'name' };
const entry = { command: '/opt/mcpkey', args: ['proxy', 'stock/ci'], env: { MCPKEY_HOME: '/h' } };
const BLOCK =
  '[mcp_servers.stock]\ncommand = "/opt/mcpkey"\nargs = ["proxy", "stock/ci"]\nenv = { MCPKEY_HOME = "/h" }';

const put = async (text: string, value: unknown = entry, at = place) =>
  (await putEntry(Buffer.from(text), at, 'stock', value)).bytes.toString();
const cut = async (text: string, at = place) =>
  (await cutEntry(Buffer.from(text), at, 'stock', { tables: [] })).toString();

describe('what is refused, and where', () => {
  it.each([
    ['model = \n', 'line 1, column 9: not valid TOML (unspecified values are invalid)'],
    ['a = 1\nb\nc = 2\n', 'line 2, column 2'],
    ['a = 1\n\nb = [1\n', 'not valid TOML'],
    ['a = 1\r\na = 2\r\n', 'line 2, column 1'],
    ['[mcp_servers.a]\nx = 1\n[mcp_servers.a]\n', 'line 3, column 14'],
    ['a = 1\rb = 2\n', 'not valid TOML'],
    ['mcp_servers = 3\n', 'line 1, column 1: "mcp_servers" must be a table, and is a number'],
    ['a = 1\n[[mcp_servers]]\nx = 1\n', 'line 2, column 1: "mcp_servers" must be a table, and is an array'],
    ['mcp_servers = 1979-05-27\n', 'is a date'],
    ['x = "\0"\n', 'line 1, column 6: a NUL character'],
  ])('%j: %s', async (text, message) => {
    await expect(put(text)).rejects.toMatchObject({
      code: 'bad_config_file',
      message: expect.stringContaining(message),
    });
  });

  it.each([
    ['[mcp_servers]\nx = 1\n', 'line 1, column 1: "mcp_servers" must be an array of tables, and is a table'],
    ['[[mcp_servers]]\nname = "stock"\n[[mcp_servers]]\nname = "stock"\n', 'line 3, column 1: "stock" stands here'],
  ])('%j where a list is wanted: %s', async (text, message) => {
    const found = { code: 'bad_config_file', message: expect.stringContaining(message) };
    await expect(put(text, { name: 'stock' }, list)).rejects.toMatchObject(found);
  });
});

describe('where an entry goes', () => {
  it('stands behind the last server and what is said of it, before what is said of the next table', async () => {
    const before = '# mine\n[mcp_servers.a]\nx = 1 # x\n# y = 2\n\n# fast\n[profiles.fast]\nm = "o"';
    const after = `# mine\n[mcp_servers.a]\nx = 1 # x\n# y = 2\n\n${BLOCK}\n\n# fast\n[profiles.fast]\nm = "o"`;
    expect(await put(before)).toBe(after);
    expect(await cut(after)).toBe(before);
  });

  it.each([
    ['', `${BLOCK}\n`],
    ['a = 1', `a = 1\n\n${BLOCK}`],
    ['a = 1\r\n', `a = 1\r\n\r\n${BLOCK.replaceAll('\n', '\r\n')}\r\n`],
    ['mcp_servers.a.x = 1\n', `mcp_servers.a.x = 1\n\n${BLOCK}\n`],
  ])('%j becomes %j', async (before, after) => {
    expect(await put(before)).toBe(after);
    expect(await cut(after)).toBe(before);
  });

  it('stands between the braces of an inline table', async () => {
    const before = 'mcp_servers = { a = { x = 1 } } # all\n';
    const after = 'mcp_servers = { a = { x = 1 }, stock = { u = "v" } } # all\n';
    expect(await put(before, { u: 'v' })).toBe(after);
    expect(await cut(after)).toBe(before);
  });
});

describe('what is there already', () => {
  it('is replaced wherever its parts are, and its header stays as it is', async () => {
    const before =
      '["mcp_servers" . stock] # mine\nurl = "x"\n# old\n\n[other]\n\n[mcp_servers.stock.env]\nA = "1"\n\n[z]\n';
    expect(await put(before, { u: 'v' })).toBe('["mcp_servers" . stock] # mine\nu = "v"\n# old\n\n[other]\n\n[z]\n');
  });

  it.each([
    ['mcp_servers.stock.a = 1\nmcp_servers.stock.b.c = 2\n', 'mcp_servers.stock = { u = "v" }\n'],
    ['[mcp_servers]\nstock = { a = 1 } # x\nb = {}\n', '[mcp_servers]\nstock = { u = "v" } # x\nb = {}\n'],
    ['[mcp_servers.stock.env]\nA = "1"\n', '[mcp_servers.stock]\nu = "v"\n'],
    ['mcp_servers = { stock.a = 1, b = {}, stock.c = 2 }\n', 'mcp_servers = { stock = { u = "v" }, b = {} }\n'],
  ])('%j becomes %j', async (before, after) => {
    expect(await put(before, { u: 'v' })).toBe(after);
  });

  it('is an item of an array of tables with what belongs to it', async () => {
    const before = '[[mcp_servers]]\nname = "a"\n\n[mcp_servers.env]\nA = "1"\n\n[z]\n';
    const after = `${before.replace('[z]\n', '')}[[mcp_servers]]\nname = "stock"\nurl = "u"\n\n[z]\n`;
    expect(await put(before, { name: 'stock', url: 'u' }, list)).toBe(after);
    expect(await cut(after, list)).toBe(before);
    expect(Object.keys(await readEntries(Buffer.from(after), list))).toEqual(['a', 'stock']);
  });

  it('goes with all its parts where the last one has no line end', async () => {
    expect(await cut('a = 1\n\n[[mcp_servers]]\nname = "stock"\n[mcp_servers.env]', list)).toBe('a = 1\n');
  });

  it('is told as plain data', async () => {
    const text = '[mcp_servers.stock]\nn = 9223372036854775807\nat = 1979-05-27T07:32:00Z\nx = 1.5\n';
    const { stock } = await readEntries(Buffer.from(text), place);
    expect(JSON.parse(JSON.stringify(stock))).toEqual({
      n: 2 ** 63,
      at: expect.stringMatching(/^1979/),
      x: 1.5,
    });
  });
});

it('has one text of an entry replaced by another, comments and order kept', async () => {
  const [old, fresh] = ['old', 'new'].map((word) => ['sk', word, 'made-up'].join('-'));
  const text = `[mcp_servers.a.http_headers] # of a\nX = "1"\nAuthorization = 'Bearer ${old}' # key\n`;
  const at = { before: old ?? '', after: fresh ?? '' };
  expect((await replaceInEntry(Buffer.from(text), place, 'a', at))?.toString()).toBe(text.replace(at.before, at.after));
  const { leaves } = await readTexts(Buffer.from(text), place);
  expect(leaves.map(({ path }) => path.join('/'))).toEqual([
    'mcp_servers/a/http_headers/X',
    'mcp_servers/a/http_headers/Authorization',
  ]);
});

it('is printed for pasting below a header of its own', async () => {
  const { print } = await loadFormat('toml');
  expect(print({ mcp_servers: { stock: entry } })).toBe(BLOCK);
  expect(print({ mcp_servers: [{ name: 'stock', url: 'u' }] })).toBe('[[mcp_servers]]\nname = "stock"\nurl = "u"');
});

it.each(['\n', '\r\n'])('leaves a neighbour’s comment on its line, with %j', async (end) => {
  const before = ['mcp_servers = [', '  { name = "a" }, # about a', '  { name = "b" }, # about b', ']', ''].join(end);
  const after = await put(before, { name: 'stock', command: 'x' }, list);
  expect(after.split(end)).toEqual([
    'mcp_servers = [',
    '  { name = "a" }, # about a',
    '  { name = "b" }, # about b',
    expect.stringMatching(/^ {2}\{ name = "stock", command = "x" \},$/),
    ']',
    '',
  ]);
  expect(await cut(after, list)).toBe(before);
  const beside = after.replace('"x" },', '"x" }, { name = "c" },');
  expect(await cut(beside, list)).toContain('{ name = "c" }');
  await expect(readEntries(Buffer.from(await cut(beside, list)), list)).resolves.toMatchObject({ c: { name: 'c' } });
});

it('leaves a comment behind a last item that has no comma, and takes the comma away again', async () => {
  const before = 'mcp_servers = [\n  { name = "a" } # about a\n]\n';
  const after = await put(before, { name: 'stock', command: 'x' }, list);
  expect(after).toBe('mcp_servers = [\n  { name = "a" }, # about a\n  { name = "stock", command = "x" }\n]\n');
  expect(await cut(after, list)).toBe(before);
  const beside = after.replace('"x" }', '"x" },\n  { name = "c" }');
  expect(await cut(beside, list)).toBe('mcp_servers = [\n  { name = "a" }, # about a\n  { name = "c" }\n]\n');
});
