/** The pure parts of the proxy: lines, headers, marks on tools. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitLines } from '../../src/proxy/lines.ts';
import { onOneLine, parseMessages } from '../../src/proxy/message.ts';
import { createToolHeaders, encodeHeaderValue } from '../../src/proxy/tool-headers.ts';

async function lines(chunks: readonly Uint8Array[], bound = 1_000): Promise<{ text: string; tooLong: boolean }[]> {
  const found = [];
  async function* source(): AsyncGenerator<Uint8Array> {
    yield* chunks;
  }
  for await (const line of splitLines(source(), bound)) found.push(line);
  return found;
}
const bytes = (text: string) => Buffer.from(text);

describe('lines', () => {
  test.each([
    ['LF and CRLF', ['a\nb\r\nc\n'], ['a', 'b', 'c']],
    ['cut anywhere', ['a', 'b\r', '\nc', '\n'], ['ab', 'c']],
    ['a last one without an end', ['a\nb'], ['a', 'b']],
    ['empty ones left out', ['\n\r\n \na\n'], ['a']],
  ])('%s', async (_what, chunks, expected) => {
    expect((await lines(chunks.map(bytes))).map((line) => line.text)).toEqual(expected);
  });

  test('a line past the bound is dropped, the next one is read', async () => {
    expect(await lines(['xxxx', 'xxxx', '\nab\n'].map(bytes), 5)).toEqual([
      { text: '', tooLong: true },
      { text: 'ab', tooLong: false },
    ]);
  });

  test('the pieces make no difference', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom('ä', '漢', '\n', '\r\n', 'x') }),
        fc.nat(),
        async (text, seed) => {
          const whole = bytes(text);
          const size = (seed % 5) + 1;
          const pieces = Array.from({ length: Math.ceil(whole.length / size) }, (_, index) =>
            whole.subarray(index * size, (index + 1) * size),
          );
          expect(await lines(pieces)).toEqual(await lines([whole]));
        },
      ),
    );
  });
});

test('puts JSON on one line without touching its values', () => {
  const text = '{\n  "big": 12345678901234567890,\r\n  "text": "a\\nb"\n}';
  expect(onOneLine(text)).not.toMatch(/[\r\n]/);
  expect(JSON.parse(onOneLine(text))).toEqual(JSON.parse(text));
  expect(onOneLine(text)).toContain('12345678901234567890');
});

test.each(['', '{', '3', 'null', '[1]', '"x"'])('%j is no message', (text) => {
  expect(parseMessages(text)).toBeUndefined();
});

test.each([
  ['plain text', 'plain text'],
  [' outer ', '=?base64?IG91dGVyIA==?='],
  ['', '=?base64??='],
  ['a\nb', '=?base64?YQpi?='],
  ['=?base64?x?=', '=?base64?PT9iYXNlNjQ/eD89?='],
])('%j as a header is %s', (value, expected) => expect(encodeHeaderValue(value)).toBe(expected));

describe('marks on tools', () => {
  const schema = (properties: unknown) => ({ type: 'object', properties });
  const learn = (inputSchema: unknown) => createToolHeaders().learn({ tools: [{ name: 'tool', inputSchema }] });
  const marked = (type: string, header: unknown = 'Name') => ({ type, 'x-mcp-header': header });

  test.each([
    ['a number', schema({ a: marked('number') })],
    ['an object', schema({ a: marked('object') })],
    ['no header name', schema({ a: marked('string', 'a b') })],
    ['an empty name', schema({ a: marked('string', '') })],
    ['the same name twice', schema({ a: marked('string', 'X'), b: marked('string', 'x') })],
    ['one below items', schema({ a: { type: 'array', items: marked('string') } })],
    ['one below anyOf', { anyOf: [schema({ a: marked('string') })] }],
    ['one in $defs', { $defs: { a: marked('string') } }],
    ['the whole input', marked('string')],
  ])('%s makes the tool invalid', (_what, inputSchema) => expect(learn(inputSchema)).toHaveLength(1));

  test('an argument may be called as the mark is', () => {
    expect(learn(schema({ 'x-mcp-header': { type: 'string' } }))).toEqual([]);
  });

  test('only values of their own kind become headers', () => {
    const tools = createToolHeaders();
    const properties = { s: marked('string', 'S'), i: marked('integer', 'I'), b: marked('boolean', 'B') };
    tools.learn({ tools: [{ name: 'tool', inputSchema: schema(properties) }] });
    expect(tools.headersOf('tool', { s: 'x', i: 3, b: false })).toEqual({
      'mcp-param-S': 'x',
      'mcp-param-I': '3',
      'mcp-param-B': 'false',
    });
    expect(tools.headersOf('tool', { s: null, i: 1.5, b: {} })).toEqual({});
    expect(tools.headersOf('other', { s: 'x' })).toEqual({});
  });
});
