/** One text for another within one entry, and not a byte more. */
import { UserError } from '../../errors.ts';
import { isSame } from './data.ts';
import { type EntryPlace, putEntry, readEntry, readTexts } from './index.ts';
import { decode, encode } from './text.ts';
import type { TextLeaf } from './types.ts';

const UNQUOTED = /^[\w+./:=@~-]*$/;

/** `value` with `before` replaced by `after` in every text. */
export function replaceInside(value: unknown, before: string, after: string): unknown {
  if (typeof value === 'string') return value.replaceAll(before, after);
  if (Array.isArray(value)) return value.map((item) => replaceInside(item, before, after));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, replaceInside(member, before, after)]));
}

/**
 * The file's bytes with `before` replaced by `after` in the texts of one entry; undefined where there is nothing to
 * replace. Comments and order within the entry stay. Throws `bad_config_file`.
 */
export async function replaceInEntry(
  bytes: Buffer,
  place: EntryPlace,
  name: string,
  { before, after }: { before: string; after: string },
): Promise<Buffer | undefined> {
  const entry = await readEntry(bytes, place, name);
  const wished = replaceInside(entry, before, after);
  if (isSame(entry, wished)) return undefined;
  // What needs quotes or escapes in some format is written with the entry as a whole.
  const spliced = UNQUOTED.test(after) ? await replaceLeaves(bytes, place, name, { before, after }) : undefined;
  if (spliced && isSame(await entryIn(spliced, place, name), wished)) return spliced;
  return (await putEntry(bytes, place, name, wished)).bytes;
}

/** Undefined where it cannot be read: without its quotes, a text may mean something else. */
async function entryIn(bytes: Buffer, place: EntryPlace, name: string): Promise<unknown> {
  try {
    return await readEntry(bytes, place, name);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

async function replaceLeaves(
  bytes: Buffer,
  place: EntryPlace,
  name: string,
  { before, after }: { before: string; after: string },
): Promise<Buffer> {
  const { mark } = decode(bytes, place.path);
  const { text, leaves } = await readTexts(bytes, place);
  let next = '';
  let at = 0;
  for (const leaf of leaves.filter((each) => isInside(each, place, name))) {
    next += text.slice(at, leaf.start) + text.slice(leaf.start, leaf.end).replaceAll(before, after);
    at = leaf.end;
  }
  return encode({ mark, text: next + text.slice(at) });
}

/** An env file is one flat table, whose leaves name themselves last. */
function isInside({ path }: TextLeaf, { format, servers }: EntryPlace, name: string): boolean {
  if (format === 'env') return path.at(-1) === name;
  return [...servers, name].every((key, index) => path[index] === key);
}
