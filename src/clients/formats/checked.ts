/** The check that an edit changes one entry and nothing else: a fault of ours must never reach a person's file. */
import { UserError } from '../../errors.ts';
import { entryOf, isSame, withoutEmpty, withoutEntry } from './data.ts';
import { splice } from './text.ts';
import type { Format, ParsedConfig, Splice, TablePlace } from './types.ts';

/** A text and what reads it. */
export interface OpenText {
  readonly text: string;
  readonly config: ParsedConfig;
  readonly format: Format;
  /** Names the file in errors. */
  readonly path: string;
}

/** The entry as it must be then, undefined where it goes. */
export interface Wish {
  readonly at: TablePlace;
  readonly name: string;
  readonly value: unknown;
}

/** Characters up to which a text is checked as a whole at once. */
const SHORT = 65_536;

/** The text as edited. Throws `unsupported` where that would change more than the entry. */
export function spliced(open: OpenText, splices: readonly Splice[], wish: Wish): string {
  const beside = open.text.length > SHORT ? (open.config.shorten?.(wish.at, splices) ?? []) : [];
  const good = (beside.length > 0 && fits(open, splices, wish, beside)) || fits(open, splices, wish);
  if (good) return splice(open.text, splices);
  throw new UserError('unsupported', `${open.path}: the entry cannot be changed without changing more than it.`, {
    hint: 'The file was left as it is. Change it by hand; --print shows an entry to paste.',
  });
}

/**
 * Whether, without the entry, the data is as it was without it, and the entry is as wished. `beside` are replacements
 * elsewhere in the text, made before and after alike.
 */
export function fits(open: OpenText, splices: readonly Splice[], wish: Wish, beside: readonly Splice[] = []): boolean {
  const after = dataOf(open, splice(open.text, [...splices, ...beside]));
  const before = beside.length === 0 ? { data: open.config.data } : dataOf(open, splice(open.text, beside));
  return (
    after !== undefined &&
    before !== undefined &&
    isSame(others(after.data, wish), others(before.data, wish)) &&
    isSame(entryOf(after.data, wish.at, wish.name), wish.value)
  );
}

const others = (data: unknown, { at, name }: Wish) => withoutEmpty(withoutEntry(data, at, name) ?? {}, at.servers);

/** Undefined where the text does not parse. */
function dataOf({ format, path }: OpenText, text: string): { data: unknown } | undefined {
  try {
    return { data: format.data ? format.data(text, path) : format.parse(text, path).data };
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
