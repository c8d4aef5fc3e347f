/** Bars of block characters, one line a row. */

export interface Bar {
  readonly label: string;
  readonly value: number;
}

export interface ChartOptions {
  /** Value of a bar as long as there is room; the highest of them where absent. */
  readonly most?: number | undefined;
  /** The bars alone. */
  readonly bare?: boolean | undefined;
}

/** Eighths of a column, so that short bars differ too. */
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const LEAST = 10;

/** `width`: columns of the terminal. The longest bar takes what label and number leave. */
export function barChart(bars: readonly Bar[], width: number, options: ChartOptions = {}): readonly string[] {
  const most = options.most ?? Math.max(0, ...bars.map((bar) => bar.value));
  if (options.bare) return bars.map(({ value }) => bar(value, most, width));
  const labels = Math.max(0, ...bars.map((bar) => bar.label.length));
  const numbers = Math.max(0, ...bars.map((bar) => String(bar.value).length));
  const room = Math.max(LEAST, width - labels - numbers - 4);
  return bars.map(({ label, value }) =>
    `${label.padEnd(labels)}  ${String(value).padStart(numbers)}  ${bar(value, most, room)}`.trimEnd(),
  );
}

function bar(value: number, most: number, room: number): string {
  if (value <= 0 || most <= 0) return '';
  const eighths = Math.max(1, Math.round((value / most) * room * 8));
  return `${'█'.repeat(Math.floor(eighths / 8))}${EIGHTHS[eighths % 8] ?? ''}`;
}
