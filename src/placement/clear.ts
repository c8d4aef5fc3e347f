/** Texts of a config file that hold a credential by what stands before or in them. Rather one too many than one too few. */
import { type Detected, detect, type EntryText, ownWords } from '../adopt/detect.ts';
import { carriesCredential } from '../adopt/signs.ts';
import type { TextLeaf } from '../clients/formats/index.ts';

/** Keys that the texts of one server's entry stand below. */
const TABLES = /^(?:args|arguments|command|cmd|env|envs|environment|headers|http_?headers|static_?headers)$/i;

/** What adopting would find in the file, and every text where a credential would stand, however short it is. */
export function clearTexts(leaves: readonly TextLeaf[]): ReadonlySet<TextLeaf> {
  const found = new Set<TextLeaf>();
  for (const group of groups(leaves)) {
    const texts = [...group.keys()];
    const own = ownWords(texts);
    const detected = new Set(detect(texts, []).map(({ where }: Detected) => where));
    for (const [index, text] of texts.entries()) {
      const leaf = group.get(text);
      if (!leaf || own.has(text)) continue;
      const before = isBeside(texts[index - 1], text) ? (texts[index - 1]?.value ?? '') : '';
      if (detected.has(text.where) || holdsCredential(text.value, before)) found.add(leaf);
    }
  }
  return found;
}

/** By entry, with the paths below it. */
function groups(leaves: readonly TextLeaf[]): Iterable<ReadonlyMap<EntryText, TextLeaf>> {
  const byEntry = new Map<string, Map<EntryText, TextLeaf>>();
  for (const leaf of leaves) {
    const table = leaf.path.slice(-2).findIndex((key) => TABLES.test(key));
    const depth = table === -1 ? leaf.path.length - 1 : Math.max(0, leaf.path.length - 2) + table;
    const key = JSON.stringify(leaf.path.slice(0, depth));
    const group = byEntry.get(key) ?? new Map<EntryText, TextLeaf>();
    byEntry.set(key, group.set({ where: leaf.path.slice(depth), value: leaf.value }, leaf));
  }
  return byEntry.values();
}

/** The next word of the same list. */
const isBeside = (previous: EntryText | undefined, { where }: EntryText): boolean =>
  previous !== undefined &&
  previous.where.slice(0, -1).join('\0') === where.slice(0, -1).join('\0') &&
  Number(previous.where.at(-1)) + 1 === Number(where.at(-1));

const OPTION = /^--?([A-Za-z][\w-]*)$/;
const HEADER_OPTION = /^(?:-H|--headers?)$/;
const REFERENCE = /^["']?(?:[A-Za-z]+ )?(?:\$\{\{?[^}]*\}?\}|\$\w+|\{(?:env|file):[^}]*\})["']?$/;
/** `user@` or `user:password@` before a host. */
const USER = /\b[a-z][a-z0-9+.-]*:\/\/[^\s/?#"'<>]+@/i;
const USER_REFERENCE = /:\/\/(?:[^\s/?#@:]*:)?(?:\$\{[^}]*\}|\$\w+|\{(?:env|file):[^}]*\})@/i;
/** `?api_key=short`, `--token=short`, `TOKEN=short`, `X-API-Key: short`, and `--token short` within one text. */
const NAMED = /([A-Za-z][\w.-]*)["']?(?:=|:\s+|:(?=[^/\s]))\s*(\S[^&;]*)/g;
const SPOKEN = /(?:^|\s)--?([A-Za-z][\w-]*)\s+(\S+)/g;

function holdsCredential(text: string, before: string): boolean {
  if (text === '' || REFERENCE.test(text)) return false;
  const asked = OPTION.exec(before)?.[1];
  if (asked !== undefined && carriesCredential(asked) && !text.startsWith('--')) return true;
  if (USER.test(text) && !USER_REFERENCE.test(text)) return true;
  if (HEADER_OPTION.test(before)) return !REFERENCE.test(text.slice(text.indexOf(':') + 1).trim());
  return [NAMED, SPOKEN].some((pattern) =>
    partsOf(text).some((part) =>
      [...part.matchAll(pattern)].some(
        ([, name = '', value = '']) => carriesCredential(name) && !REFERENCE.test(value.trim()),
      ),
    ),
  );
}

/** Each parameter of an address by itself, so that a reference ends where it ends. */
const partsOf = (text: string): readonly string[] => text.split(/[?&]/);
