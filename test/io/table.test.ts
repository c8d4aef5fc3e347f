import { describe, expect, test } from 'vitest';
import { renderTable } from '../../src/io/table.ts';
import { styled } from '../../src/io/text.ts';
import { displayWidth } from '../../src/io/width.ts';
import type { Column } from '../../src/io.ts';

interface Row {
  name: string;
  note: string;
  id: string;
}
const columns: readonly Column<Row>[] = [
  { title: 'NAME', text: ({ name }) => name },
  { title: 'NOTE', text: ({ note }) => note, rank: 1 },
  { title: 'ID', text: ({ id }) => id, rank: 2 },
];
const rows: Row[] = [
  { name: 'ci', note: 'the key of the build', id: '42' },
  { name: '鍵日本', note: 'wide', id: '7' },
];

test('columns are aligned, wide characters measured, nothing is drawn around them', () => {
  expect(renderTable(rows, columns, {}).split('\n')).toEqual([
    'NAME    NOTE                  ID',
    'ci      the key of the build  42',
    '鍵日本  wide                  7',
  ]);
});

test('a narrow terminal leaves out the columns of the highest rank first', () => {
  expect(renderTable(rows, columns, { width: 30 }).split('\n')[0]).toBe('NAME    NOTE');
  expect(renderTable(rows, columns, { width: 10 }).split('\n')[0]).toBe('NAME');
});

test('a column that says nothing leaves a terminal, and stays in a pipe', () => {
  const bare = rows.map((row) => ({ ...row, note: '' }));
  expect(renderTable(bare, columns, { width: 80 }).split('\n')[0]).toBe('NAME    ID');
  expect(renderTable(bare, columns, {}).split('\n')[0]).toBe('NAME    NOTE  ID');
  const nameless = rows.map((row) => ({ ...row, name: '' }));
  expect(renderTable(nameless, columns, { width: 80 }).split('\n')[0]).toMatch(/^NAME {2}NOTE/);
});

test('what is never left out is cut, with an ellipsis', () => {
  const long = [{ name: 'x'.repeat(60), note: '', id: '' }];
  const text = renderTable(long, columns.slice(0, 1), { width: 20 });
  expect(text.split('\n')[1]).toBe(`${'x'.repeat(19)}…`);
});

test('what is cut keeps its styles whole, and nothing is cut within a wide character', () => {
  const pair = { open: '<', close: '>' };
  const palette = { bold: pair, dim: pair, green: pair, yellow: pair, red: pair, cyan: pair };
  const green: Column<Row>[] = [{ title: 'N', text: ({ name }) => styled('green', name) }];
  const wide = [{ name: '鍵'.repeat(10), note: '', id: '' }];
  expect(renderTable(wide, green, { palette, width: 10 }).split('\n')[1]).toBe(`<${'鍵'.repeat(4)}…>`);
});

test('thousands of rows are no matter', () => {
  const many = Array.from({ length: 10_000 }, (_, at) => ({ name: `n${at}`, note: 'x', id: String(at) }));
  expect(renderTable(many, columns, { width: 40 }).split('\n')).toHaveLength(10_001);
});

test('no line is wider than the terminal', () => {
  for (let width = 12; width < 60; width += 1) {
    const lines = renderTable(rows, columns, { width }).split('\n');
    expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(width);
  }
});

test('line ends and escape sequences in a cell stay in their cell', () => {
  const odd = [{ name: 'a\nb\u001b[31mc', note: '', id: '' }];
  expect(renderTable(odd, columns.slice(0, 1), {}).split('\n')).toEqual(['NAME', 'a b[31mc']);
});

test('styles are escape sequences with a palette, and nothing without', () => {
  const pair = { open: '\u001b[32m', close: '\u001b[39m' };
  const palette = { bold: pair, dim: pair, green: pair, yellow: pair, red: pair, cyan: pair };
  const green: Column<Row>[] = [{ title: 'N', text: ({ name }) => styled('green', name) }];
  expect(renderTable(rows.slice(0, 1), green, { palette }).split('\n')[1]).toBe('\u001b[32mci\u001b[39m');
  expect(renderTable(rows.slice(0, 1), green, {}).split('\n')[1]).toBe('ci');
});

describe('displayWidth', () => {
  test.each([
    ['abc', 3],
    ['日本', 4],
    ['é', 1],
    ['e\u0301', 1],
    ['👍🏽', 2],
    ['👨‍👩‍👧', 2],
    ['\u200b', 0],
    ['…', 1],
  ])('%j takes %i columns', (text, width) => expect(displayWidth(text)).toBe(width));
});
