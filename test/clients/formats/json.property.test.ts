import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutEntry, type EntryPlace, putEntry, readEntries } from '../../../src/clients/formats/index.ts';

/** Random JSON text written by hand, as people and programs write it: any blanks, line ends, comments, trailing commas. */
interface Style {
  readonly comments: boolean;
  readonly trailing: boolean;
}

const blank = (comments: boolean) =>
  fc
    .array(
      fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom('', ' ', '\n', '\r\n', '  ', '\t', '\n    ', '\r\n\t') },
        { weight: comments ? 2 : 0, arbitrary: fc.constantFrom('/* a, "b": { */', '// note, {\n', '//\r\n', '/**/') },
      ),
      { maxLength: 3 },
    )
    .map((parts) => parts.join(''));

const word = fc.oneof(
  fc.constantFrom('a', 'mcpServers', 'x.y', 'ü', '__proto__', '"', '\\', '', '7', 'stock'),
  fc.string({ maxLength: 5 }),
);

function value(style: Style, depth: number): fc.Arbitrary<string> {
  const leaf = fc.oneof(
    fc.constantFrom('null', 'true', '-0', '1.50e2', '""', '"\\u00e9\\n"'),
    word.map((text) => JSON.stringify(text)),
  );
  if (depth === 0) return leaf;
  return fc.oneof(
    { weight: 2, arbitrary: leaf },
    { weight: 1, arbitrary: array(style, depth) },
    { weight: 3, arbitrary: object(style, depth) },
  );
}

function array(style: Style, depth: number): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.array(fc.tuple(blank(style.comments), value(style, depth - 1), blank(style.comments)), { maxLength: 3 }),
      blank(style.comments),
    )
    .map(([items, last]) => `[${items.map((item) => item.join('')).join(',')}${last}]`);
}

function object(
  style: Style,
  depth: number,
  fixed: readonly (readonly [string, fc.Arbitrary<string>])[] = [],
): fc.Arbitrary<string> {
  const gap = blank(style.comments);
  const random = fc.uniqueArray(fc.tuple(word, value(style, Math.max(depth - 1, 0))), {
    maxLength: 4,
    selector: ([key]) => key,
  });
  return fc
    .tuple(
      random,
      fc.tuple(...fixed.map(([, arbitrary]) => arbitrary)),
      fc.array(fc.tuple(gap, gap, gap, gap), { minLength: 6, maxLength: 6 }),
      fc.boolean(),
      gap,
      fc.nat(),
    )
    .map(([members, values, gaps, trailing, last, at]) => {
      const named = fixed.map(([key], index) => [key, String(values[index])] as const);
      const others = members.filter(([key]) => !named.some(([name]) => name === key));
      const cut = others.length === 0 ? 0 : at % (others.length + 1);
      const all = [...others.slice(0, cut), ...named, ...others.slice(cut)];
      const printed = all.map(([key, text], index) => {
        const [a, b, c, d] = gaps[index] ?? ['', '', '', ''];
        return `${a}${JSON.stringify(key)}${b}:${c}${text}${d}`;
      });
      return `{${printed.join(',')}${style.trailing && trailing && all.length > 0 ? ',' : ''}${last}}`;
    });
}

const documents = (style: Style) => {
  const gap = blank(style.comments);
  const servers = object(style, 2);
  const root = fc.oneof(
    object(style, 3),
    object(style, 2, [['mcpServers', servers]]),
    object(style, 1, [['p', object(style, 1, [['mcpServers', servers]])]]),
  );
  const text = fc.oneof(
    { weight: 12, arbitrary: fc.tuple(gap, root, gap).map((parts) => parts.join('')) },
    { weight: 1, arbitrary: gap },
  );
  return fc.tuple(fc.constantFrom('', '\uFEFF'), text).map(([mark, body]) => Buffer.from(mark + body));
};

const entry = {
  type: 'http',
  url: 'https://stock.example/messages',
  args: ['a', 'b'],
  env: {},
  deep: { __proto__x: [1, { a: null }] },
};
const places = fc.constantFrom<readonly string[]>(
  ['mcpServers'],
  ['p', 'mcpServers'],
  ['a'],
  ['new', 'x.y', 'servers'],
);

/** Documents in which the way to the servers is blocked (a text where a table must be) are not this test's subject. */
function readable(bytes: Buffer, place: EntryPlace): boolean {
  try {
    return !Object.hasOwn(readEntries(bytes, place), 'ours') && !Object.hasOwn(readEntries(bytes, place), 'second');
  } catch {
    return false;
  }
}

describe.each([
  ['json', { comments: false, trailing: false }],
  ['jsonc', { comments: true, trailing: true }],
] as const)('%s', (format, style) => {
  const runs = { numRuns: 1500 };
  const input = fc
    .tuple(documents(style), places)
    .map(([bytes, servers]) => ({ bytes, place: { format, path: 'file', servers } }));

  test('what was put and cut again leaves the very bytes', () => {
    fc.assert(
      fc.property(input, ({ bytes, place }) => {
        fc.pre(readable(bytes, place));
        const put = putEntry(bytes, place, 'ours', entry);
        expect(readEntries(put.bytes, place).ours).toEqual(entry);
        expect(cutEntry(put.bytes, place, 'ours', put.made).toString()).toBe(bytes.toString());
      }),
      runs,
    );
  });

  test('put again changes nothing, and a value replaced and put back neither', () => {
    fc.assert(
      fc.property(input, ({ bytes, place }) => {
        fc.pre(readable(bytes, place));
        const put = putEntry(bytes, place, 'ours', entry);
        expect(putEntry(put.bytes, place, 'ours', entry).bytes.toString()).toBe(put.bytes.toString());
        const other = putEntry(put.bytes, place, 'ours', { command: 'x' });
        expect(cutEntry(other.bytes, place, 'ours', put.made).toString()).toBe(bytes.toString());
      }),
      runs,
    );
  });

  test('two entries go in any order', () => {
    fc.assert(
      fc.property(input, fc.boolean(), ({ bytes, place }, firstGoes) => {
        fc.pre(readable(bytes, place));
        const first = putEntry(bytes, place, 'ours', entry);
        const second = putEntry(first.bytes, place, 'second', { command: 'y' });
        const [one, other] = firstGoes ? ['ours', 'second'] : ['second', 'ours'];
        const half = cutEntry(second.bytes, place, one, first.made);
        expect(cutEntry(half, place, other, first.made).toString()).toBe(bytes.toString());
      }),
      runs,
    );
  });
});
