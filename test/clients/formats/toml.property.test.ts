import fc from 'fast-check';
import { describe } from 'vitest';
import { describeLaws } from './laws.ts';

/** Random TOML as people write it: tables in every form and order, comments, mixed line ends, no last line end. */

const comment = fc.constantFrom('', '', '', ' # note', '\t# [x] = {', ' #');
const indent = fc.constantFrom('', '', '', '  ', '\t');
const noise = fc.constantFrom('', '', '# comment', '  # [mcp_servers.x]', '   ', '#');
const scalar = fc.constantFrom(
  '1',
  '0x1F',
  '9223372036854775807',
  '1_000.50',
  'true',
  '""',
  '"a # b"',
  "'C:\\x'",
  '"""\ntwo\n\n# lines"""',
  "'''\none'''",
  '1979-05-27T07:32:00Z',
  '07:32:00',
  '[1, [2,3], ]',
  '[ # why\n  "a",\n\n  "b" # b\n]',
  '{ x = 1, y.z = [] }',
  '{}',
);
const key = fc.constantFrom('a', 'b-c', '"d.e"', "'f'", 'g.h', '""', '9', '"ü"');
const pairs = fc
  .uniqueArray(fc.tuple(indent, key, fc.constantFrom('=', ' = '), scalar, comment), {
    maxLength: 3,
    selector: ([, name]) => name,
  })
  .map((lines) => lines.map((parts) => parts.join('')));

/** Lines below a header, with noise before, within and behind. */
const block = (header: string) =>
  fc
    .tuple(fc.array(noise, { maxLength: 2 }), indent, comment, pairs, fc.array(noise, { maxLength: 3 }))
    .map(([before, lead, said, body, behind]) => [...before, `${lead}${header}${said}`, ...body, ...behind]);

const inline = fc.constantFrom(
  '{}',
  '{ }',
  '{a={}}',
  '{ a = { x = 1 }, "b.c".d = 2 }',
  '{a.b=1,}',
  '{\n  a = { x = 1 }, # a\n}',
);
const lists = fc.constantFrom(
  '[]',
  '[ ]',
  '[{name="a"}]',
  '[ { name = "a", x = 1 }, {}, ]',
  '[\n  { name = "a" }, # a\n  { name = "b" } # b\n]',
);

/** What stands at the root, and the sections below it, which come in any order. */
const tables = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ root: [], sections: [] }) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        block('[mcp_servers.a]'),
        block('[mcp_servers.a.env]'),
        block('[ mcp_servers . "x.y" ]'),
        block('[mcp_servers]'),
        fc.subarray([0, 1, 2, 3]),
      )
      .map(([a, env, xy, own, chosen]) => ({
        root: [],
        sections: chosen.flatMap((at) => [[a, env, xy, own][at] ?? []]),
      })),
  },
  { weight: 2, arbitrary: inline.map((text) => ({ root: [`mcp_servers = ${text} # ours`], sections: [] })) },
  {
    weight: 1,
    arbitrary: block('[mcp_servers.q]').map((q) => ({
      root: ['mcp_servers.a.command = "x"', 'mcp_servers.a.env.X = "1"'],
      sections: [q],
    })),
  },
  {
    weight: 1,
    arbitrary: block('[mcp_servers.q]').map((q) => ({
      root: [],
      sections: [['[mcp_servers]', 'a = { x = 1 } # a', '', 'b.command = "x"', 'b.y = 2'], q],
    })),
  },
);

const listTables = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ root: [], sections: [] }) },
  { weight: 2, arbitrary: lists.map((text) => ({ root: [`mcp_servers = ${text} # ours`], sections: [] })) },
  {
    weight: 4,
    arbitrary: fc
      .array(
        fc.tuple(
          block('[[mcp_servers]]'),
          fc.constantFrom('name = "a"', "name='b'", 'x-y = 1'),
          block('[mcp_servers.env]'),
          fc.boolean(),
        ),
        { maxLength: 3 },
      )
      .map((items) => ({
        root: [],
        sections: items.map(([item, name, env, more]) => [...item, name, ...(more ? env : [])]),
      })),
  },
);

const others = fc
  .subarray(['[other]', '[other.deep."q"]', '[[list]]', '["mcp_server"]'], { minLength: 0 })
  .chain((headers) => fc.tuple(...headers.map((header) => block(header))));

function documents(servers: typeof tables): fc.Arbitrary<string> {
  return fc
    .tuple(
      pairs,
      servers,
      others,
      fc.array(fc.nat(9), { minLength: 8, maxLength: 8 }),
      fc.array(fc.constantFrom('\n', '\r\n'), { minLength: 1, maxLength: 5 }),
      fc.boolean(),
      fc.constantFrom('', '\uFEFF'),
    )
    .map(([root, { root: more, sections }, rest, order, ends, last, mark]) => {
      const shuffled = [...rest];
      let at = 0;
      // The servers' own sections keep their order: a list is made of it.
      for (const [index, section] of sections.entries()) {
        at = Math.min(shuffled.length, at + ((order[index] ?? 0) % 3));
        shuffled.splice(at, 0, section);
        at += 1;
      }
      const lines = [...root, ...more, ...shuffled.flat()].join('\n').split('\n');
      const text = lines.map((line, index) => line + (ends[index % ends.length] ?? '\n')).join('');
      return mark + (last ? text : text.replace(/\r?\n$/, ''));
    });
}

const entries = {
  entry: { command: '/opt/ü "x"', args: ['a', 'b\n\t\\'], env: { 'X.Y': '1' }, n: -1.5, on: true, deep: [{ a: [] }] },
  other: { url: 'https://stock.example' },
};
const places = fc.constantFrom<readonly string[]>(['mcp_servers'], ['mcp_servers'], ['other', 'deep'], ['new', 'x.y']);

describe('toml', () => {
  const given = (servers: typeof tables, named?: string) =>
    fc.tuple(documents(servers), places).map(([text, path]) => ({
      text,
      place: { format: 'toml', path: 'file', servers: path, named } as const,
      ...entries,
    }));
  describeLaws(given(tables));
  describeLaws(given(listTables, 'name'), 'a list');
});
