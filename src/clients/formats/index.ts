/** The formats, and an edit of one entry in a file's bytes. A format's parser is loaded when a file of it is read. */
import { UserError } from '../../errors.ts';
import type { ConfigFormat } from '../types.ts';
import type { OpenText } from './checked.ts';
import { cutText, openText, putText, textsOf } from './edit.ts';
import { env } from './env.ts';
import { json, jsonc } from './json.ts';
import { decode, encode } from './text.ts';
import type { Format, Made, TablePlace, TextLeaf } from './types.ts';

export type { Format, KeyPath, Made, TextLeaf } from './types.ts';

const FORMATS = {
  json: async () => json,
  jsonc: async () => jsonc,
  env: async () => env,
  yaml: async () => (await import('./yaml.ts')).yaml,
  toml: async () => (await import('./toml.ts')).toml,
} satisfies Record<ConfigFormat, () => Promise<Format>>;

export const loadFormat = (format: ConfigFormat): Promise<Format> => FORMATS[format]();

/** Where an entry stands: the file's format, its name for errors, and the servers' table. */
export interface EntryPlace extends TablePlace {
  /** What the file begins with where it is made anew, or is empty. */
  readonly fresh?: string | undefined;
  readonly format: ConfigFormat;
  readonly path: string;
}

const NOTHING = Buffer.alloc(0);

/** The servers of a file; empty where there is no file or no table. Throws `bad_config_file`. */
export const readEntries = (bytes: Buffer | undefined, place: EntryPlace): Promise<Readonly<Record<string, unknown>>> =>
  inFile(bytes, place, ({ config }) => config.table(place) ?? {});

/** The entry of that name, which may be that of what every object has. Throws `bad_config_file`. */
export async function readEntry(bytes: Buffer | undefined, place: EntryPlace, name: string): Promise<unknown> {
  const entries = await readEntries(bytes, place);
  return Object.hasOwn(entries, name) ? entries[name] : undefined;
}

/** The file's bytes with the entry in it. Throws `bad_config_file`, `unsupported`. */
export const putEntry = (
  bytes: Buffer | undefined,
  place: EntryPlace,
  name: string,
  value: unknown,
): Promise<{ bytes: Buffer; made: Made }> =>
  inFile(bytes, place, (file) => {
    const blank = place.fresh !== undefined && bytes !== undefined && file.text.trim() === '';
    const { text, made } = putText(blank ? openText(place.fresh, file) : file, place, name, value);
    const all = blank ? { tables: [[], ...made.tables], interior: file.text } : made;
    return { bytes: encode({ mark: file.mark, text }), made: all };
  });

/**
 * The file's bytes without the entry, and without what its placing made as far as nothing else is in it. Cutting what
 * was put, with nothing changed in between, gives the very bytes of before.
 */
export const cutEntry = (bytes: Buffer | undefined, place: EntryPlace, name: string, made: Made): Promise<Buffer> =>
  inFile(bytes, place, (file) => {
    const text = cutText(file, place, name, made);
    const wasBlank = text === place.fresh && made.tables.some((table) => table.length === 0);
    return encode({ mark: file.mark, text: wasBlank ? (made.interior ?? '') : text });
  });

/** Every text of the file with its range in `text`, for masking. An entry's texts are below its name. */
export const readTexts = (bytes: Buffer, place: EntryPlace): Promise<{ text: string; leaves: readonly TextLeaf[] }> =>
  inFile(bytes, place, (file) => ({ text: file.text, leaves: textsOf(file, place) }));

async function inFile<T>(bytes: Buffer | undefined, place: EntryPlace, work: (file: OpenFile) => T): Promise<T> {
  try {
    return work(await open(bytes, place));
  } catch (error) {
    // Parsers call themselves for each level of brackets.
    if (!(error instanceof RangeError) || !/call stack/i.test(error.message)) throw error;
    throw new UserError('bad_config_file', `${place.path}: nested too deeply to be read. It was left as it is.`, {
      hint: 'No client needs that many brackets: look at the file.',
    });
  }
}

type OpenFile = OpenText & { readonly mark: string };

/** A file is read, edited and masked one after the other; its bytes are parsed once for all that. Nobody changes them. */
const opened = new WeakMap<Buffer, { readonly format: ConfigFormat; readonly file: OpenFile }>();

async function open(bytes: Buffer | undefined, place: EntryPlace): Promise<OpenFile> {
  const known = bytes && opened.get(bytes);
  if (known && known.format === place.format && known.file.path === place.path) return known.file;
  const format = await loadFormat(place.format);
  const { mark, text } = decode(bytes ?? (place.fresh === undefined ? NOTHING : Buffer.from(place.fresh)), place.path);
  const file = { mark, ...openText(text, { format, path: place.path }) };
  if (bytes) opened.set(bytes, { format: place.format, file });
  return file;
}
