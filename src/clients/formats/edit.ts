/** One entry put into and taken out of a config text of any format; each edit is checked before anyone may write it. */
import { entryOf, entryPath, isSame, nameAt, withoutEmpty, withoutEntry } from './data.ts';
import { splice } from './text.ts';
import type { Format, Made, ParsedConfig, Splice, TablePlace, TextLeaf } from './types.ts';

/** A text and what reads it. */
export interface OpenText {
  readonly text: string;
  readonly config: ParsedConfig;
  readonly format: Format;
  /** Names the file in errors. */
  readonly path: string;
}

export type TextFile = Pick<OpenText, 'format' | 'path'>;

/** Throws `bad_config_file`. */
export const openText = (text: string, { format, path }: TextFile): OpenText => ({
  text,
  config: format.parse(text, path),
  format,
  path,
});

/** The text with the entry in it; as it is where the entry says so already. */
export function putText(open: OpenText, at: TablePlace, name: string, value: unknown): { text: string; made: Made } {
  const table = open.config.table(at);
  if (table && Object.hasOwn(table, name) && isSame(table[name], value)) {
    return { text: open.text, made: { tables: [] } };
  }
  const { splices, made } = open.config.put(at, name, value);
  return { text: spliced(open, splices, at, [name, value]), made };
}

/** The text without the entry, and without what its putting made as far as nothing else is in it. */
export function cutText(open: OpenText, at: TablePlace, name: string, made: Made): string {
  const text = cutOne(open, at, name);
  return made.tables.length === 0 && made.interior === undefined ? text : unmake(openText(text, open), at, made);
}

/** Every text of the file, below the names of items that name themselves. */
export function textsOf({ config }: OpenText, at: TablePlace): readonly TextLeaf[] {
  if (at.named === undefined) return config.texts();
  const depth = at.servers.length;
  return config.texts().map((leaf) => {
    const below = leaf.path.length > depth && at.servers.every((key, index) => leaf.path[index] === key);
    const name = below ? nameAt(config.data, at, leaf.path[depth] ?? '') : undefined;
    return name === undefined
      ? leaf
      : { ...leaf, path: [...leaf.path.slice(0, depth), name, ...leaf.path.slice(depth + 1)] };
  });
}

function cutOne(open: OpenText, at: TablePlace, name: string): string {
  return spliced(open, open.config.cut(at, name), at, [name, undefined]);
}

/** A fault of ours must never reach a person's file. `value` is the entry as it must be then, undefined where it goes. */
function spliced(open: OpenText, splices: readonly Splice[], at: TablePlace, [name, value]: [string, unknown]): string {
  const next = splice(open.text, splices);
  const data = dataOf(next, open);
  if (
    !isSame(othersOf(data, at, name), othersOf(open.config.data, at, name)) ||
    !isSame(entryOf(data, at, name), value)
  )
    throw new Error(`the edit of ${open.path} would change more than its entry`);
  return next;
}

const othersOf = (data: unknown, at: TablePlace, name: string) =>
  withoutEmpty(withoutEntry(data, at, name) ?? {}, at.servers);

const dataOf = (text: string, { format, path }: TextFile): unknown =>
  format.data ? format.data(text, path) : format.parse(text, path).data;

function unmake(open: OpenText, place: TablePlace, made: Made): string {
  let current = open;
  for (const table of [...made.tables].sort((a, b) => b.length - a.length)) {
    const inside = current.config.interior(table);
    // What a person wrote into a table of ours keeps the table.
    if (!inside || current.text.slice(inside.start, inside.end).trim() !== '') return current.text;
    if (table.length === 0) return unmakeDocument(current.text, made.interior ?? '');
    const { at, name } = entryPath(table);
    current = openText(cutOne(current, at, name), current);
  }
  return refill(current, place, made);
}

/** What someone wrote around the document since keeps it. */
function unmakeDocument(text: string, before: string): string {
  const rest = text.startsWith(before.trim() === '' ? '' : before)
    ? text.slice(before.trim() === '' ? 0 : before.length)
    : text;
  return /^\s*\{\s*\}\s*$/.test(rest) ? before : text;
}

/** An object that was empty gets back the blanks that it had. */
function refill({ text, config }: OpenText, place: TablePlace, made: Made): string {
  if (made.interior === undefined) return text;
  const highest = [...made.tables].sort((a, b) => a.length - b.length)[0];
  const inside = config.interior(highest ? highest.slice(0, -1) : place.servers);
  if (!inside || text.slice(inside.start, inside.end).trim() !== made.interior.trim()) return text;
  return splice(text, [{ ...inside, text: made.interior }]);
}
