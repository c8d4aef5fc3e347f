/** How a piece of TOML is printed: as TOML 1.0 has it, which every reader takes. */

const BARE_KEY = /^[A-Za-z0-9_-]+$/;
const SHORT: Readonly<Record<string, string>> = { '\b': '\\b', '\t': '\\t', '\n': '\\n', '\f': '\\f', '\r': '\\r' };

export const printKeys = (keys: readonly string[]): string =>
  keys.map((key) => (BARE_KEY.test(key) ? key : printText(key))).join('.');

/** On one line. Throws where TOML has no such value: it knows no null. */
export function printToml(value: unknown): string {
  if (typeof value === 'string') return printText(value);
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return printNumber(value);
  if (Array.isArray(value)) return `[${value.map(printToml).join(', ')}]`;
  if (typeof value !== 'object' || value === null) throw new TypeError(`TOML has no ${String(value)}`);
  const members = Object.entries(value).map(([key, member]) => `${printKeys([key])} = ${printToml(member)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

/** The lines below a table's header. */
export function printBody(entry: unknown): readonly string[] {
  if (typeof entry !== 'object' || entry === null) throw new TypeError('a TOML table has members');
  return Object.entries(entry).map(([key, value]) => `${printKeys([key])} = ${printToml(value)}`);
}

function printText(text: string): string {
  const escaped = text.replace(/["\\\u0000-\u001f\u007f]/g, (char) => {
    if (char === '"' || char === '\\') return `\\${char}`;
    return SHORT[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}

function printNumber(value: number): string {
  if (Number.isFinite(value)) return Number.isInteger(value) ? value.toFixed(0) : String(value);
  return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
}
