/** Unified diffs, line by line. */
import { redact } from '../secret.ts';

type Line = readonly [' ' | '-' | '+', string];

const CONTEXT = 3;
/** Beyond this many pairs of lines the changed stretch is shown whole instead of compared. */
const MAX_PAIRS = 4_000_000;
const MAX_WIDTH = 400;

/** Empty where the texts are the same. A file that is not there has the name /dev/null, as git writes it. */
export function unifiedDiff(path: string, before: string | undefined, after: string | undefined): string {
  if (before === after) return '';
  const lines = compare(linesOf(before ?? ''), linesOf(after ?? ''));
  if (lines.every(([sign]) => sign === ' ')) return '';
  const head = `--- ${before === undefined ? '/dev/null' : path}\n+++ ${after === undefined ? '/dev/null' : path}\n`;
  return head + hunks(lines).join('');
}

/** Line ends that differ count as a difference of the line. */
function linesOf(text: string): readonly string[] {
  const lines = text.split('\n');
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

function compare(before: readonly string[], after: readonly string[]): readonly Line[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  const most = Math.min(before.length, after.length) - head;
  while (tail < most && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  const same = (line: string): Line => [' ', line];
  const middle = compareMiddle(before.slice(head, before.length - tail), after.slice(head, after.length - tail));
  return [...before.slice(0, head).map(same), ...middle, ...before.slice(before.length - tail).map(same)];
}

/** Longest common subsequence. */
function compareMiddle(before: readonly string[], after: readonly string[]): readonly Line[] {
  const width = after.length + 1;
  const whole: Line[] = [...before.map((line): Line => ['-', line]), ...after.map((line): Line => ['+', line])];
  if (before.length * after.length === 0 || before.length * after.length > MAX_PAIRS) return whole;
  const lengths = new Uint32Array((before.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: Line[] = [];
  for (let i = 0, j = 0; i < before.length || j < after.length; ) {
    const [old, fresh] = [before[i], after[j]];
    if (old !== undefined && old === fresh) lines.push([' ', old]);
    else if (old !== undefined && (fresh === undefined || at(i + 1, j) >= at(i, j + 1))) lines.push(['-', old]);
    else lines.push(['+', fresh ?? '']);
    const sign = lines.at(-1)?.[0];
    if (sign !== '+') i += 1;
    if (sign !== '-') j += 1;
  }
  return lines;
}

function hunks(lines: readonly Line[]): string[] {
  const printed: string[] = [];
  let [old, fresh] = [1, 1];
  for (let index = 0; index < lines.length; ) {
    const end = hunkEnd(lines, index);
    if (end === undefined) {
      old += 1;
      fresh += 1;
      index += 1;
      continue;
    }
    const hunk = lines.slice(index, end);
    const [minus, plus] = ['+', '-'].map((sign) => hunk.filter((line) => line[0] !== sign).length);
    printed.push(`@@ -${range(old, minus ?? 0)} +${range(fresh, plus ?? 0)} @@\n${hunk.map(printLine).join('')}`);
    old += minus ?? 0;
    fresh += plus ?? 0;
    index = end;
  }
  return printed;
}

/** Where the hunk that begins here ends; undefined where no change is near enough for one to begin. */
function hunkEnd(lines: readonly Line[], start: number): number | undefined {
  const isChange = (index: number) => (lines[index]?.[0] ?? ' ') !== ' ';
  let last = -1;
  for (
    let index = start;
    index <= (last === -1 ? start + CONTEXT : last + 2 * CONTEXT) && index < lines.length;
    index += 1
  ) {
    if (isChange(index)) last = index;
  }
  return last === -1 ? undefined : Math.min(lines.length, last + CONTEXT + 1);
}

const range = (start: number, count: number) =>
  count === 1 ? `${start}` : `${count === 0 ? start - 1 : start},${count}`;

function printLine([sign, line]: Line): string {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  if (text.length <= MAX_WIDTH) return `${sign}${text}\n`;
  // A part of a secret is not known for one any more.
  const whole = redact(text);
  return `${sign}${whole.length > MAX_WIDTH ? `${whole.slice(0, MAX_WIDTH)}…` : whole}\n`;
}
