import fc from 'fast-check';
import { describe } from 'vitest';
import { describeLaws } from './laws.ts';

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

function array(style: Style, depth: number, item = value(style, depth - 1)): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.array(fc.tuple(blank(style.comments), item, blank(style.comments)), { maxLength: 3 }),
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

const names = fc.constantFrom('"a"', '"stock"', '"\\u00e9"', '7', 'null');

const documents = (style: Style, named?: string) => {
  const gap = blank(style.comments);
  const item = fc.oneof(
    { weight: 4, arbitrary: object(style, 1, [[named ?? '', names]]) },
    { weight: 1, arbitrary: value(style, 1) },
  );
  const servers = named === undefined ? object(style, 2) : array(style, 2, item);
  const root = fc.oneof(
    object(style, 3),
    object(style, 2, [['mcpServers', servers]]),
    object(style, 1, [['p', object(style, 1, [['mcpServers', servers]])]]),
  );
  const text = fc.oneof(
    { weight: 12, arbitrary: fc.tuple(gap, root, gap).map((parts) => parts.join('')) },
    { weight: 1, arbitrary: gap },
  );
  return fc.tuple(fc.constantFrom('', '\uFEFF'), text).map(([mark, body]) => mark + body);
};

const entries = {
  entry: {
    type: 'http',
    url: 'https://stock.example/messages',
    args: ['a', 'b'],
    env: {},
    deep: { __proto__x: [1, { a: null }] },
  },
  other: { command: 'x' },
};
const places = fc.constantFrom<readonly string[]>(
  ['mcpServers'],
  ['p', 'mcpServers'],
  ['a'],
  ['new', 'x.y', 'servers'],
);

describe.each([
  ['json', { comments: false, trailing: false }],
  ['jsonc', { comments: true, trailing: true }],
] as const)('%s', (format, style) => {
  const given = (named?: string) =>
    fc
      .tuple(documents(style, named), places)
      .map(([text, servers]) => ({ text, place: { format, path: 'file', servers, named }, ...entries }));
  describeLaws(given());
  describeLaws(given('id'), 'a list');
});
