/** How a piece of YAML is printed: whatever a reader of YAML 1.1 could take for something else is quoted. */
import { isTable } from './data.ts';
import { printJson } from './json-print.ts';

const PLAIN = /^[A-Za-z_/][A-Za-z0-9_./@-]*$/;
const RESERVED = /^(?:y|n|yes|no|on|off|true|false|null)$/i;
/** Line breaks and controls that JSON leaves as they are. */
const UNSAFE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;
const ON_ONE_LINE = { lineEnd: undefined, unit: '', indent: '', spaced: true };

export const printFlow = (value: unknown): string =>
  printJson(value, ON_ONE_LINE).replace(UNSAFE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

const printWord = (text: string): string => (PLAIN.test(text) && !RESERVED.test(text) ? text : printFlow(text));

export const printKey = (key: string): string => printWord(key);

/** The lines of a member of a mapping, as they stand where the mapping is not indented. */
export function printMember(key: string, value: unknown, unit: string): readonly string[] {
  const name = printKey(key);
  if (typeof value === 'string') return [`${name}: ${printWord(value)}`];
  const below = printBelow(value, unit);
  return below.length === 0 ? [`${name}: ${printFlow(value)}`] : [`${name}:`, ...below.map((line) => unit + line)];
}

/** An item of a list; its members stand below each other behind the dash. */
export const printItem = (value: unknown, unit: string): readonly string[] =>
  printBelow(value, unit).map((line, index) => (index === 0 ? '- ' : '  ') + line);

/** The lines of a mapping or list; none where it fits behind its key. */
export function printBelow(value: unknown, unit: string): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) {
    return value.flatMap((item: unknown) => {
      if (typeof item === 'string') return [`- ${printWord(item)}`];
      return isTable(item) && Object.keys(item).length > 0 ? printItem(item, unit) : [`- ${printFlow(item)}`];
    });
  }
  return Object.entries(value).flatMap(([key, member]) => printMember(key, member, unit));
}
