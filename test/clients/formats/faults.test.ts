import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutEntry, type EntryPlace, putEntry, readEntries } from '../../../src/clients/formats/index.ts';

const json: EntryPlace = { format: 'json', path: '/x/mcp.json', servers: ['mcpServers'] };
const jsonc: EntryPlace = { ...json, format: 'jsonc' };
const env: EntryPlace = { format: 'env', path: '/x/.env', servers: [] };
const none = { tables: [] };

describe('what is refused, and where', () => {
  it.each([
    [json, '{\n  // note\n  "a": 1\n}', 'line 2, column 3'],
    [json, '/* x */ {}', 'line 1, column 1'],
    [json, '{"a": [1,], "b": 2}', 'line 1, column 10'],
    [json, '{"a": 1,}', 'line 1, column 9'],
    [json, '{"a": 1', 'line 1, column 8'],
    [json, '{"a": 1}\r\n{', 'line 2, column 1'],
    [json, "{'a': 1}", 'line 1, column 2'],
    [json, '[]', 'line 1, column 1'],
    [json, '{"mcpServers": []}', '"mcpServers" must be an object, and is an array'],
    [json, '{\n "mcpServers": null}', 'line 2, column 16'],
    [json, '{"mcpServers": {}, "mcpServers": {}}', 'line 1, column 20'],
    [json, '{"mcpServers": {"ours": 1, "ours": 2}}', '"ours" stands here a second time'],
    [jsonc, '{"a": /* x', 'line 1'],
    [env, 'OTHER=1\nours=1\nours=2\n', 'line 3, column 1'],
  ])('%o %j: %s', async (place, text, message) => {
    const attempt = () => putEntry(Buffer.from(text), place, 'ours', 'x');
    const fault = { code: 'bad_config_file', message: expect.stringContaining(message) };
    await expect(attempt()).rejects.toMatchObject(fault);
    await expect(attempt()).rejects.toMatchObject({ message: expect.stringContaining(place.path) });
  });

  it('is not UTF-8', async () => {
    const utf16 = Buffer.from([0xff, 0xfe, 0x7b, 0x00]);
    await expect(readEntries(utf16, json)).rejects.toMatchObject({ code: 'bad_config_file' });
  });

  it.each([
    [Buffer.from('\uFEFF{"a": "\uFFFD",\r\n "b": "é\xff"}', 'utf8'), undefined],
    [
      Buffer.concat([Buffer.from('\uFEFF{"a": "\uFFFDé",\r\n "é": "'), Buffer.from([0xff, 0x22, 0x7d])]),
      'line 2, column 8',
    ],
    [Buffer.concat([Buffer.from('\uFEFF'), Buffer.from([0xc3])]), 'line 1, column 1'],
    [Buffer.from('{\n"a": 1}', 'utf16le'), 'line 1, column 2: a NUL character'],
  ])('%o is not UTF-8, or is, and where', async (bytes, place) => {
    const reading = readEntries(bytes, { ...json, servers: ['servers'] });
    if (place === undefined) return expect(await reading).toEqual({});
    await expect(reading).rejects.toMatchObject({
      code: 'bad_config_file',
      message: expect.stringContaining(place),
    });
  });

  it.each(['json', 'jsonc', 'toml', 'yaml'] as const)('is, in %s, brackets beyond all measure', async (format) => {
    const deep = (open: string, close: string) => open.repeat(20_000) + close.repeat(20_000);
    const text = format === 'toml' ? `a = ${deep('[', ']')}` : `{"a": ${deep('[', ']')}}`;
    await expect(putEntry(Buffer.from(text), { ...json, format }, 'ours', {})).rejects.toMatchObject({
      code: 'bad_config_file',
      message: expect.stringContaining(json.path),
    });
  });

  it('is, in strict JSON, all that JSON.parse refuses', async () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '"a"',
      '"b"',
      '1',
      '01',
      '-',
      '1.',
      'true',
      'nul',
      '\n',
      '\t',
      '\u00a0',
      '"\t"',
      '"\\x"',
      '//',
      '/**/',
      "'",
      'NaN',
    );
    const refused = (read: () => Promise<unknown>) =>
      read().then(
        () => false,
        () => true,
      );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 9 }), async (pieces) => {
        const text = `{"k":${pieces.join('')}}`;
        const place = { ...json, servers: [] };
        if (await refused(async () => JSON.parse(text)))
          expect(await refused(() => readEntries(Buffer.from(text), place)), text).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('where an entry goes', () => {
  const entry = { command: 'x' };
  const put = async (place: EntryPlace, text: string) =>
    (await putEntry(Buffer.from(text), place, 'ours', entry)).bytes.toString();

  it('stands behind the comment of the entry before it, and before the comments below', async () => {
    const text = '{\n  "mcpServers": {\n    "a": {} // of a\n    // of nothing\n  }\n}\n';
    expect(await put(jsonc, text)).toBe(
      '{\n  "mcpServers": {\n    "a": {}, // of a\n    "ours": {\n      "command": "x"\n    }\n    // of nothing\n  }\n}\n',
    );
  });

  it.each([
    ['{"mcpServers":{"a":{}}}', '{"mcpServers":{"a":{},"ours":{"command":"x"}}}'],
    ['{ "mcpServers": { "a": {} } }', '{ "mcpServers": { "a": {}, "ours": {"command": "x"} } }'],
    ['{\n\t"mcpServers": {}\n}', '{\n\t"mcpServers": {\n\t\t"ours": {\n\t\t\t"command": "x"\n\t\t}\n\t}\n}'],
    [
      '{\r\n    "t": 1\r\n}',
      '{\r\n    "t": 1,\r\n    "mcpServers": {\r\n        "ours": {\r\n            "command": "x"\r\n        }\r\n    }\r\n}',
    ],
    ['', '{\n  "mcpServers": {\n    "ours": {\n      "command": "x"\n    }\n  }\n}\n'],
  ])('looks as its neighbours do: %j', async (text, wanted) => {
    expect(await put(json, text)).toBe(wanted);
  });

  it('is only its own range when it is replaced', async () => {
    const text = '{"mcpServers": {"ours"  :  {"command": "old"} ,  "b":{} }}';
    expect(await put(json, text)).toBe('{"mcpServers": {"ours"  :  {"command": "x"} ,  "b":{} }}');
  });
});

describe('env files', () => {
  const line = fc.constantFrom(
    'A=1',
    'export B="x y"',
    '# note',
    '',
    "C='it'",
    'D=',
    'broken',
    '\tE = 5 # five',
    'F="two\nlines"',
  );
  const texts = fc
    .tuple(fc.array(line, { maxLength: 6 }), fc.constantFrom('\n', '\r\n'), fc.boolean())
    .map(([all, end, last]) => all.join(end) + (last ? end : ''));
  const value = fc.constantFrom(['sk', 'made-up_1'].join('-'), 'with space', "it's $HOME", 'a#b', '"q"', '');

  it('lose what they were given, to the byte', async () => {
    await fc.assert(
      fc.asyncProperty(texts, value, async (text, secret) => {
        const put = await putEntry(Buffer.from(text), env, 'OURS', secret);
        expect((await readEntries(put.bytes, env)).OURS).toBe(secret);
        expect((await cutEntry(put.bytes, env, 'OURS', none)).toString()).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });
});
