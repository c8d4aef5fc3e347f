/** One entry put into and taken out of a config text of any format; each edit is checked before anyone may write it. */
import { type OpenText, spliced } from './checked.ts';
import { entryPath, isSame, nameAt } from './data.ts';
import { splice } from './text.ts';
import type { Format, KeyPath, Made, Splice, TablePlace, TextLeaf } from './types.ts';

/** Throws `bad_config_file`. */
export const openText = (text: string, { format, path }: { format: Format; path: string }): OpenText => ({
  text,
  config: format.parse(text, path),
  format,
  path,
});

/** The text with the entry in it; as it is where the entry says so already. */
export function putText(open: OpenText, at: TablePlace, name: string, value: unknown): { text: string; made: Made } {
  if (isSame(open.config.entry(at, name), value)) return { text: open.text, made: { tables: [] } };
  const { splices, made } = open.config.put(at, name, value);
  return { text: spliced(open, splices, { at, name, value }), made };
}

/** The text without the entry, and without what its putting made as far as nothing else is in it. */
export function cutText(open: OpenText, at: TablePlace, name: string, allMade: Made): string {
  const { config } = open;
  // What was made for another table of the file is not above this entry.
  const made = { ...allMade, tables: allMade.tables.filter((table) => isAbove(table, at.servers)) };
  let splices = config.cut(at, name);
  const wish = { at, name, value: undefined };
  for (const table of [...made.tables].sort((one, other) => other.length - one.length)) {
    const left = leftIn(open, table, splices);
    // What a person wrote into a table of ours keeps the table.
    if (left === undefined || left.trim() !== '') return spliced(open, splices, wish);
    if (table.length === 0) return unmakeDocument(spliced(open, splices, wish), made.interior ?? '');
    const { at: above, name: key } = entryPath(table);
    splices = config.cut(above, key);
  }
  return spliced(open, refilled(open, splices, at, made), wish);
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

const isAbove = (table: KeyPath, servers: KeyPath): boolean =>
  table.length <= servers.length && table.every((key, index) => servers[index] === key);

/** What is left between the braces of a table. */
function leftIn({ text, config }: OpenText, table: KeyPath, splices: readonly Splice[]): string | undefined {
  const inside = config.inside(table);
  if (!inside) return undefined;
  const shifted = splices.map(({ start, end, text: by }) => ({
    start: start - inside.start,
    end: end - inside.start,
    text: by,
  }));
  return splice(text.slice(inside.start, inside.end), shifted);
}

/** What someone wrote around the document since keeps it. */
function unmakeDocument(text: string, before: string): string {
  const rest = text.startsWith(before.trim() === '' ? '' : before)
    ? text.slice(before.trim() === '' ? 0 : before.length)
    : text;
  return /^\s*\{\s*\}\s*$/.test(rest) ? before : text;
}

/** A table that was empty gets back the blanks that it had. */
function refilled(open: OpenText, splices: readonly Splice[], { servers }: TablePlace, made: Made): readonly Splice[] {
  if (made.interior === undefined) return splices;
  const [highest] = [...made.tables].sort((one, other) => one.length - other.length);
  const owner = highest ? highest.slice(0, -1) : servers;
  const inside = open.config.inside(owner);
  const left = leftIn(open, owner, splices);
  return inside && left?.trim() === made.interior.trim() ? [{ ...inside, text: made.interior }] : splices;
}
