import { describe, expect, it } from 'vitest';
import {
  cutEntry,
  type EntryPlace,
  loadFormat,
  putEntry,
  readEntries,
  readTexts,
} from '../../../src/clients/formats/index.ts';

const place: EntryPlace = { format: 'yaml', path: '/x/config.yaml', servers: ['extensions'] };
const list: EntryPlace = { ...place, servers: ['mcpServers'], named: 'name' };
const entry = { type: 'stdio', args: ['proxy', 'stock/ci', 'yes'], env: { A: '1' }, keys: [], timeout: 300 };
const LINES = [
  'stock:',
  '  type: stdio',
  '  args:',
  '    - proxy',
  '    - stock/ci',
  '    - "yes"',
  '  env:',
  '    A: "1"',
  '  keys: []',
  '  timeout: 300',
];
const block = (indent: string) => LINES.map((line) => `${indent}${line}\n`).join('');

const put = async (text: string, value: unknown = entry, at = place) =>
  (await putEntry(Buffer.from(text), at, 'stock', value)).bytes.toString();
async function roundTrip(before: string, value: unknown = entry, at = place): Promise<string> {
  const { bytes, made } = await putEntry(Buffer.from(before), at, 'stock', value);
  expect((await cutEntry(bytes, at, 'stock', made)).toString()).toBe(before);
  return bytes.toString();
}

describe('what is refused, and where', () => {
  it.each([
    ['extensions: {\n', 'not valid YAML'],
    ['a: 1\nextensions:\n\tb: 1\n', 'line 3, column 1'],
    ['extensions: {}\nextensions: {}\n', 'line 2, column 1'],
    ['a: 1\n---\nb: 2\n', 'line 2, column 1: another document begins'],
    ['a: 1\rb: 2\n', 'line 1, column 5: a carriage return'],
    ['- a\n', 'line 1, column 1: a mapping was expected here, and it is a list'],
    ['extensions: []\n', 'line 1, column 13: "extensions" must be a mapping, and is a list'],
    ['extensions: ~\n', 'line 1, column 13: "extensions" must be a mapping, and is null'],
    ['x: &d {a: 1}\nextensions: *d\n', 'line 2, column 13: "extensions" must be a mapping, and is an alias'],
    ['extensions:\n  stock: &d\n    a: 1\nz: *d\n', 'line 3, column 5: the anchor &d may be in use'],
    ['? extensions\n: a: 1\n', 'is written in a way'],
    ['extensions:\n  &k a: 1\n', 'is written in a way'],
  ])('%j: %s', async (text, message) => {
    const fault = { code: 'bad_config_file', message: expect.stringContaining(message) };
    await expect(put(text)).rejects.toMatchObject(fault);
  });

  it.each([
    ['mcpServers: {}\n', '"mcpServers" must be a list, and is a mapping'],
    ['mcpServers:\n  - name: stock\n  - name: "stock"\n', 'line 3, column 5: "stock" stands here a second time'],
    ['mcpServers:\n  -\n    name: stock\n', 'line 3, column 5: this is written in a way'],
  ])('%j where a list is wanted: %s', async (text, message) => {
    const fault = { code: 'bad_config_file', message: expect.stringContaining(message) };
    await expect(put(text, { name: 'stock', x: 1 }, list)).rejects.toMatchObject(fault);
  });

  it('is a table that another part of the file repeats', async () => {
    const text = 'extensions: &all\n  a: 1\nz: *all\n';
    await expect(put(text)).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining(place.path),
    });
  });

  it('is aliases that would fill the memory, when the file is read', async () => {
    const rows = ['a', 'b', 'c', 'd'].map((name, at, all) => {
      const before = all[at - 1];
      return `${name}: &${name} [${Array(20)
        .fill(before ? `*${before}` : 'x')
        .join(', ')}]`;
    });
    const text = `${rows.join('\n')}\nextensions:\n  q: *d\n`;
    await expect(readEntries(Buffer.from(text), place)).rejects.toMatchObject({ code: 'bad_config_file' });
  });
});

describe('where an entry goes', () => {
  it('is indented as its neighbours are, and stands before what is said of the next key', async () => {
    const text = 'a: 1\nextensions:\n    dev:\n        on: true # x\n    # y: 2\n\n# next\nz: |+\n  kept\n\n';
    const four = LINES.map((line) => `    ${line.replace(/^ +/, (by) => by + by)}\n`).join('');
    expect(await roundTrip(text)).toBe(text.replace('    # y: 2\n', `    # y: 2\n${four}`));
  });

  it.each([
    ['', `extensions:\n${block('  ')}`],
    ['# note', `# note\nextensions:\n${block('  ').trimEnd()}`],
    ['---\na: 1\n...\n', `---\na: 1\nextensions:\n${block('  ')}...\n`],
    ['extensions: # none yet\n  # soon\nz: 1\n', `extensions: # none yet\n  # soon\n${block('  ')}z: 1\n`],
    ['a: |\n  no line end', `extensions:\n${block('  ')}a: |\n  no line end`],
    ['a: 1\r\n', `a: 1\r\nextensions:\n${block('  ')}`.replace(/(?<!\r)\n/g, '\r\n')],
  ])('%j', async (before, after) => {
    expect(await roundTrip(before)).toBe(after);
  });

  it.each([
    ['extensions: {}\n', 'extensions: {stock: {"u": "v"}}\n'],
    ['extensions: { a: 1, } # x\n', 'extensions: { a: 1, stock: {"u": "v"}, } # x\n'],
    ['{"b": 1}\n', '{"b": 1, extensions: {"stock": {"u": "v"}}}\n'],
  ])('%j between braces becomes %j', async (before, after) => {
    expect(await roundTrip(before, { u: 'v' })).toBe(after);
  });

  it.each([
    ['name: x\n', 'name: x\nmcpServers:\n  - name: stock\n    x: 1\n'],
    ['mcpServers:\n- name: a # a\nz: 1\n', 'mcpServers:\n- name: a # a\n- name: stock\n  x: 1\nz: 1\n'],
    ['mcpServers: []\n', 'mcpServers: [{"name": "stock", "x": 1}]\n'],
  ])('%j, a list, becomes %j', async (before, after) => {
    expect(await roundTrip(before, { name: 'stock', x: 1 }, list)).toBe(after);
  });
});

it.each([
  [
    'extensions:\n  stock: # mine\n    a: 1\n    b:\n      - 2 # two\n  c: 1\n',
    'extensions:\n  stock: # mine\n    u: v # two\n  c: 1\n',
  ],
  ['extensions:\n  "stock": {a: 1} # x\n', 'extensions:\n  "stock":\n    u: v # x\n'],
  ['extensions: {stock: {a: 1}, b: 1}\n', 'extensions: {stock: {"u": "v"}, b: 1}\n'],
])('%j is replaced: %j', async (before, after) => {
  expect(await put(before, { u: 'v' })).toBe(after);
});

it('replaces an item of a list behind its dash', async () => {
  const text = 'mcpServers:\n  -   name: stock\n      url: old\n  - name: b\n';
  const after = 'mcpServers:\n  -   name: stock\n      x: 1\n  - name: b\n';
  expect(await put(text, { name: 'stock', x: 1 }, list)).toBe(after);
});

it('quotes what another reader could take for something else', async () => {
  const words = [
    'on',
    'No',
    '1_000',
    '0o7',
    '12:30',
    '1e3',
    '~',
    '',
    ' a',
    'a: b',
    'a #b',
    '- a',
    '*x',
    '\u0085',
    '\u2028',
    'ü',
    '@a',
    '%a',
  ];
  const text = await put('', { words });
  expect(text).not.toMatch(/^ +- (?!")/m);
  expect((await readEntries(Buffer.from(text), place)).stock).toEqual({ words });
});

it('tells the texts of an item below its name, and of no key', async () => {
  const text = 'mcpServers:\n  - name: stock\n    requestOptions: {headers: {A: "made up"}}\n  - plain\n';
  const { leaves } = await readTexts(Buffer.from(text), list);
  expect(leaves.map(({ path }) => path.join('/'))).toEqual([
    'mcpServers/stock/name',
    'mcpServers/stock/requestOptions/headers/A',
    'mcpServers/1',
  ]);
  expect(leaves.map(({ start, end }) => text.slice(start, end))).toEqual(['stock', '"made up"', 'plain']);
});

it('is printed for pasting', async () => {
  const { print } = await loadFormat('yaml');
  expect(`${print({ extensions: { stock: entry } })}\n`).toBe(`extensions:\n${block('  ')}`);
  expect(print({ mcpServers: [{ name: 'stock', x: 1 }] })).toBe('mcpServers:\n  - name: stock\n    x: 1');
});

it('leaves a neighbour’s comment on its line between braces', async () => {
  const before = 'extensions: {\n  a: {enabled: true}, # about a\n}\n';
  const after = await put(before, { type: 'stdio' });
  expect(after).toMatch(/^extensions: \{\n {2}a: \{enabled: true\}, # about a\n {2}"?stock"?: \{.*\},\n\}\n$/);
  expect((await cutEntry(Buffer.from(after), place, 'stock', { tables: [] })).toString()).toBe(before);
});

it('leaves it there where no comma was before it', async () => {
  const before = 'extensions: {\n  b: {}, # about b\n  a: {enabled: true} # about a\n}\n';
  const after = await put(before, { type: 'stdio' });
  expect(after).toMatch(/ # about b\n {2}a: \{enabled: true\}, # about a\n {2}"?stock"?: \{.*\}\n\}\n$/);
  expect((await cutEntry(Buffer.from(after), place, 'stock', { tables: [] })).toString()).toBe(before);
});

it('cuts an entry with the comments that are indented below it: a text in block form above would take them in', async () => {
  const others = 'extensions:\n  a: >-\n     folded\n     text\n\n';
  const text = `${others}  stock:\n    b: 1\n          # deep\n  # beside\n`;
  const cut = await cutEntry(Buffer.from(text), place, 'stock', { tables: [] });
  expect(cut.toString()).toBe(`${others}  # beside\n`);
});
