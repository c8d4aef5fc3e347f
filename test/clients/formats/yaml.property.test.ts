import fc from 'fast-check';
import { describe } from 'vitest';
import { describeLaws } from './laws.ts';

/** Random YAML as people write it: any indentation, comments, block and flow, texts over several lines. */

const said = fc.constantFrom('', '', '', ' # note', '  # a: {');
const noise = fc.constantFrom('', '', '# comment', '  # deeper', '      # deep', '   ');

/** A value behind its key: what follows on the key's line, and the lines below it, without indentation. */
interface Value {
  readonly head: string;
  readonly below: readonly string[];
}

const leaf: fc.Arbitrary<Value> = fc.constantFrom(
  { head: ' 1', below: [] },
  { head: ' 0x1F', below: [] },
  { head: ' 12345678901234567890', below: [] },
  { head: ' "a # b: c"', below: [] },
  { head: " 'it''s'", below: [] },
  { head: ' plain text', below: [] },
  { head: ' plain text', below: ['  over lines', '', '  and more'] },
  { head: ' "quoted', below: ['   over lines"'] },
  { head: ' |', below: ['  one', '', '    two # no comment'] },
  { head: ' >-', below: ['   folded', '   text', ''] },
  { head: ' |+', below: ['  kept', '', ''] },
  { head: '', below: [] },
  { head: ' ~', below: [] },
  { head: ' {}', below: [] },
  { head: ' [1, {a: "b"}, c]', below: [] },
  { head: ' { a: 1, b, }', below: [] },
  { head: ' [', below: ['  1, # one', '  2', ' ]'] },
  { head: ' &x', below: ['  y: 1'] },
  { head: ' !!str 1', below: [] },
  { head: ' *base', below: [] },
  { head: ' [*base, {<<: *base}]', below: [] },
);
const key = fc.constantFrom('a', 'b-c', '"d e"', "'f'", 'g.h', '1', '"ü"', 'true', '"<<x"');
const unit = fc.constantFrom('  ', '  ', ' ', '    ');

const indented = (lines: readonly string[], by: string) => lines.map((line) => (line === '' ? '' : by + line));

type Pair = readonly [key: string, value: Value, said: string, noise: string];

const isLeafOpen = ({ below }: Value) => below.length > 0;
const printPair = ([name, value, comment, behind]: Pair): string[] => [
  `${name}:${value.head}${isLeafOpen(value) ? '' : comment}`,
  ...value.below,
  ...(behind === '' || isLeafOpen(value) ? [] : [behind]),
];

const mapping = (value: fc.Arbitrary<Value>) =>
  fc.uniqueArray(fc.tuple(key, value, said, noise), { maxLength: 3, selector: ([name]) => name });

const nested = fc.tuple(mapping(leaf), unit).map(([pairs, by]): Value => {
  const lines = pairs.flatMap(printPair);
  return lines.length === 0 ? { head: ' {}', below: [] } : { head: '', below: indented(lines, by) };
});
const value = fc.oneof({ weight: 3, arbitrary: leaf }, { weight: 1, arbitrary: nested });

const flowTables = fc.constantFrom(
  '{}',
  '{ }',
  '{a: {}}',
  '{ "a": {"x": 1}, b: , c }',
  '{a: 1,}',
  '{\n    a: {}, # of a\n    b: 2 # of b\n  }',
);
const tables: fc.Arbitrary<Value> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(mapping(fc.oneof(nested, leaf)), unit).map(([pairs, by]) => ({
      head: pairs.length % 2 ? ' # table' : '',
      below: indented(pairs.flatMap(printPair), by),
    })),
  },
  { weight: 1, arbitrary: fc.constant({ head: '', below: [] }) },
  { weight: 2, arbitrary: flowTables.map((text) => ({ head: ` ${text}`, below: [] })) },
);

const item = fc
  .tuple(
    fc.constantFrom('name: a', 'name: "b"', "'name' : c", 'x: 1'),
    mapping(leaf),
    fc.constantFrom('- ', '-   ', '- '),
  )
  .map(([first, pairs, dash]) => {
    const lines = [first, ...pairs.flatMap(printPair)];
    return [`${dash}${lines[0]}`, ...indented(lines.slice(1), ' '.repeat(dash.length))];
  });
const lists: fc.Arbitrary<Value> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.array(item, { maxLength: 3 }), fc.constantFrom('', '  ', '    '), said)
      .map(([items, by, comment]) => ({ head: comment, below: indented(items.flat(), by) })),
  },
  { weight: 1, arbitrary: fc.constant({ head: '', below: ['  - uses: x # no name', '  - {name: q}', '  - plain'] }) },
  { weight: 1, arbitrary: fc.constant({ head: '', below: [] }) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(' []', ' [ ]', ' [{name: a}]', ' [{ name: a, x: 1 }, b, ]')
      .map((head) => ({ head, below: [] })),
  },
);

function documents(servers: fc.Arbitrary<Value>): fc.Arbitrary<string> {
  const root = fc.tuple(mapping(value), fc.option(fc.tuple(servers, noise)), fc.nat(3)).map(([pairs, own, at]) => {
    const sections = pairs.map(printPair);
    if (own) sections.splice(at, 0, printPair(['mcpServers', own[0], '', own[1]]));
    return sections.flat();
  });
  const flowRoot = fc
    .constantFrom('{}', '{ "a": 1 }', '{"mcpServers": {"a": {}}, b: 2}', '{\n  "mcpServers": {\n  }\n}')
    .map((text) => [text]);
  return fc
    .tuple(
      fc.constantFrom(
        '',
        'base: &base\n  q: 1\n',
        '"base" : &base {q: 1}\n',
        '---\n',
        '# head\n',
        '%YAML 1.2\n---\n',
        '--- # head\n\n',
        '\n',
      ),
      fc.oneof({ weight: 9, arbitrary: root }, { weight: 1, arbitrary: flowRoot }),
      fc.array(noise, { maxLength: 2 }),
      fc.constantFrom('', '', '', '...\n'),
      fc.array(fc.constantFrom('\n', '\r\n'), { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      fc.constantFrom('', '\uFEFF'),
    )
    .map(([head, body, tail, stop, ends, last, mark]) => {
      const lines = `${head}${[...body, ...tail, ''].join('\n')}${stop}`.split('\n').slice(0, -1);
      const text = lines.map((line, index) => line + (ends[index % ends.length] ?? '\n')).join('');
      return mark + (last ? text : text.replace(/\r?\n$/, ''));
    });
}

const entries = {
  entry: {
    command: '/opt/ü "x"',
    args: ['a', 'yes', 'b\n\t: #'],
    env: { 'X.Y': '1', Z: 'on' },
    n: -1.5,
    on: true,
    deep: [{ a: [] }],
    none: {},
  },
  other: { url: 'https://stock.example' },
};
const places = fc.constantFrom<readonly string[]>(['mcpServers'], ['mcpServers'], ['a', 'b-c'], ['new', 'x: y']);

describe('yaml', () => {
  const given = (servers: fc.Arbitrary<Value>, named?: string) =>
    fc.tuple(documents(servers), places).map(([text, path]) => ({
      text,
      place: { format: 'yaml', path: 'file', servers: path, named } as const,
      ...entries,
    }));
  describeLaws(given(tables));
  describeLaws(given(lists, 'name'), 'a list');
});
