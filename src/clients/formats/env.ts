/** Env files (`NAME=value` lines, as dotenv and shells read them): one flat table, texts only. */
import { faultAt, lineEndAt } from './text.ts';
import type { Format, ParsedConfig } from './types.ts';

interface Assignment {
  readonly name: string;
  readonly value: string;
  /** Of the whole line, without its line end. */
  readonly start: number;
  readonly end: number;
  /** What stands before the name: blanks, `export`. */
  readonly prefix: string;
  /** Where the literal begins. */
  readonly literal: number;
}

const LINE =
  /^([ \t]*(?:export[ \t]+)?)([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*('[^']*'|"(?:\\[\s\S]|[^"\\])*"|`[^`]*`|[^\r\n]*)[^\r\n]*$/gm;

export const env: Format = {
  print: (data) =>
    typeof data === 'object' && data !== null
      ? Object.entries(data)
          .map(([name, value]) => `${name}=${quote(String(value))}`)
          .join('\n')
      : '',
  parse,
};

function parse(text: string, source: string): ParsedConfig {
  const found = assignments(text);
  const one = (name: string) => {
    const [first, second] = found.filter((each) => each.name === name);
    if (second) throw faultAt(text, second.start, source, `${name} stands here a second time`);
    return first;
  };
  const data = () => Object.fromEntries(found.map(({ name, value }) => [name, value]));
  return {
    data: data(),
    table: data,
    entry: (_table, name) => one(name)?.value,
    put(_table, name, value) {
      const line = `${name}=${quote(String(value))}`;
      const old = one(name);
      if (old) return { splices: [{ start: old.start, end: old.end, text: old.prefix + line }], made: { tables: [] } };
      const lineEnd = lineEndAt(text, text.length);
      const open = text !== '' && !/[\r\n]$/.test(text);
      return {
        splices: [{ start: text.length, end: text.length, text: open ? lineEnd + line : line + lineEnd }],
        made: { tables: [] },
      };
    },
    cut(_table, name) {
      const old = one(name);
      if (!old) return [];
      const behind = /^(?:\r\n|\n|\r)/.exec(text.slice(old.end))?.[0].length ?? 0;
      const ahead = behind === 0 ? (/(?:\r\n|\n|\r)$/.exec(text.slice(0, old.start))?.[0].length ?? 0) : 0;
      return [{ start: old.start - ahead, end: old.end + behind, text: '' }];
    },
    inside: () => undefined,
    texts: () => found.map(({ name, value, literal, end }) => ({ path: ['env', name], value, start: literal, end })),
  };
}

function assignments(text: string): readonly Assignment[] {
  return [...text.matchAll(LINE)].map((match) => {
    const [whole, prefix = '', name = '', literal = ''] = match;
    const start = match.index;
    return {
      name,
      value: unquote(literal),
      start,
      end: start + whole.length,
      prefix,
      literal: start + whole.indexOf(literal, whole.indexOf('=') + 1),
    };
  });
}

function unquote(literal: string): string {
  const [first] = literal;
  if (first === '"' && literal.endsWith('"') && literal.length > 1)
    return literal.slice(1, -1).replace(/\\([\s\S])/g, (_, char: string) => (char === 'n' ? '\n' : char));
  if ((first === "'" || first === '`') && literal.endsWith(first) && literal.length > 1) return literal.slice(1, -1);
  return literal.replace(/[ \t]+#.*$/, '').trim();
}

function quote(value: string): string {
  if (/^[\w@%+:.,/~=-]*$/.test(value)) return value;
  if (!/['\r\n]/.test(value)) return `'${value}'`;
  return `"${value.replace(/["\\$`]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}
