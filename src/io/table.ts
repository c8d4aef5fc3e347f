import Table from 'cli-table3';
import type { Column } from '../io.ts';
import { oneLine, type Palette, printable, styled } from './text.ts';
import { displayWidth } from './width.ts';

const GAP = '  ';
/** No column is made narrower than this. */
const LEAST = 8;
const EDGES = ['top', 'bottom', 'left', 'right', 'mid'].flatMap((edge) => [
  edge,
  `${edge}-mid`,
  `${edge}-left`,
  `${edge}-right`,
]);
const NO_BORDERS = { ...Object.fromEntries(EDGES.map((edge) => [edge, ''])), 'mid-mid': '', middle: GAP };

interface Measured {
  readonly title: string;
  readonly rank: number;
  readonly cells: readonly string[];
  readonly width: number;
}

/**
 * Rows in aligned columns, without borders. Where `width` is given (a terminal's), columns of the highest rank are left
 * out until the rest fits, and then the widest are cut.
 */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { palette, width }: { palette?: Palette | undefined; width?: number | undefined },
): string {
  const shown =
    width === undefined
      ? columns.map((column) => measure(column, rows))
      : fitColumns(
          columns.map((column) => measure(column, rows)),
          width,
        );
  const table = new Table({
    chars: NO_BORDERS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colWidths: shown.map((column) => column.width),
  });
  table.push(shown.map(({ title }) => printable(styled('bold', title), palette)));
  for (const index of rows.keys()) table.push(shown.map(({ cells }) => printable(cells[index] ?? '', palette)));
  return table.toString().replace(/ +$/gm, '');
}

function measure<Row>({ title, text, rank = 0 }: Column<Row>, rows: readonly Row[]): Measured {
  const cells = rows.map((row) => oneLine(text(row)));
  const widths = cells.map((cell) => displayWidth(printable(cell, undefined)));
  return { title, rank, cells, width: Math.max(displayWidth(title), ...widths) };
}

function fitColumns(columns: readonly Measured[], width: number): readonly Measured[] {
  const worst = Math.max(...columns.map(({ rank }) => rank));
  if (total(columns) <= width) return columns;
  const least = columns.map((column) => ({ ...column, width: Math.min(column.width, LEAST) }));
  if (worst > 0 && (total(least) > width || total(columns) > width)) {
    const last = columns.findLastIndex(({ rank }) => rank === worst);
    return fitColumns(
      columns.filter((_, index) => index !== last),
      width,
    );
  }
  return narrow(columns, width);
}

/** Takes from the widest column, one by one, until the row fits or nothing more can be taken. */
function narrow(columns: readonly Measured[], width: number): readonly Measured[] {
  const widths = columns.map((column) => column.width);
  const room = width - GAP.length * (columns.length - 1);
  while (widths.reduce((sum, each) => sum + each, 0) > room) {
    const widest = Math.max(...widths);
    if (widest <= LEAST) break;
    widths[widths.indexOf(widest)] = widest - 1;
  }
  return columns.map((column, index) => ({ ...column, width: widths[index] ?? column.width }));
}

function total(columns: readonly Measured[]): number {
  return columns.reduce((sum, { width }) => sum + width, 0) + GAP.length * (columns.length - 1);
}
