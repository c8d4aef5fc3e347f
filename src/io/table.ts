import type { Column } from '../io.ts';
import { clean, oneLine, type Palette, painted, styled } from './text.ts';
import { displayWidth, fitted } from './width.ts';

const GAP = '  ';
/** No column is made narrower than this. */
const LEAST = 8;

interface Measured {
  readonly title: string;
  readonly rank: number;
  /** With our styles still inside. */
  readonly cells: readonly string[];
  readonly width: number;
}

/**
 * Rows in aligned columns, without borders. Where `width` is given (a terminal's), columns that may go and say nothing
 * are left out, then those of the highest rank until the rest fits, and then the widest are cut.
 */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { palette, width }: { palette?: Palette | undefined; width?: number | undefined },
): string {
  const shown =
    width === undefined
      ? columns.map((column) => measure(column, rows))
      : fitColumns(columns.map((column) => measure(column, rows)).filter(saysSomething), width);
  const lines = [-1, ...rows.keys()].map((index) =>
    shown
      .map(({ title, cells, width: columns }) => fitted(cells[index] ?? styled('bold', title), columns))
      .join(GAP)
      .trimEnd(),
  );
  return painted(lines.join('\n'), palette);
}

function measure<Row>({ title, text, rank = 0 }: Column<Row>, rows: readonly Row[]): Measured {
  const cells = rows.map((row) => clean(oneLine(text(row))));
  const widths = cells.map(displayWidth);
  return { title, rank, cells, width: Math.max(displayWidth(title), ...widths) };
}

const saysSomething = ({ rank, cells }: Measured): boolean => rank === 0 || cells.some((cell) => cell.trim() !== '');

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
