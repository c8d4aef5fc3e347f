/** A part of the terminal that is drawn again in place. */
import type { Live } from '../io.ts';
import { renderTable } from './table.ts';
import type { Palette } from './text.ts';
import { printable } from './text.ts';
import { displayWidth } from './width.ts';

export interface LiveSettings {
  readonly stdout: NodeJS.WriteStream;
  readonly palette: Palette | undefined;
  /** Columns. */
  readonly width: number;
  /** A terminal that knows how to move the cursor. */
  readonly canMove: boolean;
}

/** ECMA-48: to the beginning of the line `rows` above, and erase from there on. */
const back = (rows: number): string => (rows === 0 ? '\r\u001b[J' : `\r\u001b[${rows}A\u001b[J`);

export function createLive({ stdout, palette, width, canMove }: LiveSettings): Live {
  let shown: string | undefined;
  let last = '';
  const rowsOf = (text: string): number =>
    text
      .split('\n')
      .slice(0, -1)
      .reduce((sum, line) => sum + Math.max(1, Math.ceil(displayWidth(line.replace(SEQUENCE, '')) / width)), 0);
  return {
    draw(paint) {
      const lines: string[] = [];
      paint({
        out: (text) => void lines.push(printable(text, palette)),
        table: (rows, columns) => {
          if (rows.length > 0)
            lines.push(renderTable(rows, columns, { palette, width: stdout.isTTY ? width : undefined }));
        },
      });
      last = lines.map((line) => `${line}\n`).join('');
      if (!canMove || rowsOf(last) >= (stdout.rows ?? 24)) return;
      stdout.write(`${shown === undefined ? '' : back(rowsOf(shown))}${last}`);
      shown = last;
    },
    end() {
      if (shown !== last) stdout.write(`${shown === undefined ? '' : back(rowsOf(shown))}${last}`);
      shown = last;
    },
  };
}

/** The styles of our palette. */
const SEQUENCE = /\u001b\[[0-9;]*m/g;
