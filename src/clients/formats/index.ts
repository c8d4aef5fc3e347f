/** The formats, and an edit of one entry that is checked before anyone may write it. */
import type { ConfigFormat } from '../types.ts';
import { isSame, withEntry, withoutEntry } from './data.ts';
import { env } from './env.ts';
import { json, jsonc } from './json.ts';
import { decode, encode, splice } from './text.ts';
import type { Format, KeyPath, Made, ParsedConfig, TextLeaf } from './types.ts';

export type { Format, KeyPath, Made, TextLeaf } from './types.ts';

export const FORMATS = { json, jsonc, env } satisfies Record<ConfigFormat, Format>;

/** Where an entry stands: the file's format, its name for errors, and the servers' table. */
export interface EntryPlace {
  readonly format: ConfigFormat;
  readonly path: string;
  readonly servers: KeyPath;
}

const NOTHING = Buffer.alloc(0);

/** The servers of a file; empty where there is no file or no table. Throws `bad_config_file`. */
export function readEntries(bytes: Buffer | undefined, place: EntryPlace): Readonly<Record<string, unknown>> {
  return open(bytes, place).config.table(place.servers) ?? {};
}

/** The file's bytes with the entry in it. Throws `bad_config_file`. */
export function putEntry(
  bytes: Buffer | undefined,
  place: EntryPlace,
  name: string,
  value: unknown,
): { bytes: Buffer; made: Made } {
  const { mark, text, config } = open(bytes, place);
  const { splices, made } = config.put(place.servers, name, value);
  const next = splice(text, splices);
  check(next, place, withEntry(config.data, [...place.servers, name], value));
  return { bytes: encode({ mark, text: next }), made };
}

/**
 * The file's bytes without the entry, and without what its placing made as far as nothing else is in it. Cutting what
 * was put, with nothing changed in between, gives the very bytes of before.
 */
export function cutEntry(bytes: Buffer | undefined, place: EntryPlace, name: string, made: Made): Buffer {
  const { mark, text, config } = open(bytes, place);
  const next = cutAt(text, config, [...place.servers, name], place);
  return encode({ mark, text: unmake(next, place, made) });
}

function unmake(text: string, place: EntryPlace, made: Made): string {
  let current = text;
  for (const table of [...made.tables].sort((a, b) => b.length - a.length)) {
    const config = parse(current, place);
    const inside = config.interior(table);
    // What a person wrote into a table of ours keeps the table.
    if (!inside || current.slice(inside.start, inside.end).trim() !== '') return current;
    if (table.length === 0) return unmakeDocument(current, made.interior ?? '');
    current = cutAt(current, config, table, place);
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
function refill(text: string, place: EntryPlace, made: Made): string {
  if (made.interior === undefined) return text;
  const highest = [...made.tables].sort((a, b) => a.length - b.length)[0];
  const inside = parse(text, place).interior(highest ? highest.slice(0, -1) : place.servers);
  if (!inside || text.slice(inside.start, inside.end).trim() !== made.interior.trim()) return text;
  return splice(text, [{ ...inside, text: made.interior }]);
}

function cutAt(text: string, config: ParsedConfig, path: KeyPath, place: EntryPlace): string {
  const next = splice(text, config.cut(path));
  check(next, place, withoutEntry(config.data, path));
  return next;
}

/** Every text of the file with its range in `text`, for masking. */
export function readTexts(bytes: Buffer, place: EntryPlace): { text: string; leaves: readonly TextLeaf[] } {
  const { text, config } = open(bytes, place);
  return { text, leaves: config.texts() };
}

function open(bytes: Buffer | undefined, place: EntryPlace) {
  const { mark, text } = decode(bytes ?? NOTHING, place.path);
  return { mark, text, config: parse(text, place) };
}

const parse = (text: string, place: EntryPlace) => FORMATS[place.format].parse(text, place.path);

/** A fault of ours must never reach a person's file. */
function check(text: string, place: EntryPlace, wished: unknown): void {
  if (!isSame(parse(text, place).data, wished))
    throw new Error(`the edit of ${place.path} would change more than its entry`);
}
