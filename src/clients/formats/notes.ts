/** What stands in a file's comments, as the parser tells them: by what changes nothing that it reads. */
import { UserError } from '../../errors.ts';
import { isSame } from './data.ts';
import { type EntryPlace, loadFormat, readTexts } from './index.ts';
import { decode, encode, splice } from './text.ts';

/** What takes the place of a secret in a comment. */
const MOVED = '(moved by mcpkey)';

/** The bytes without `gone` in their comments; undefined where there is nothing to take out. */
export async function clearNotes(
  bytes: Buffer,
  place: EntryPlace,
  gone: readonly string[],
): Promise<Buffer | undefined> {
  // Strict JSON has no comments, and such files can be large.
  if (place.format === 'json' || !gone.some((text) => bytes.includes(text))) return undefined;
  const { parse, data } = await loadFormat(place.format);
  const read = (text: string): unknown => (data ? data(text, place.path) : parse(text, place.path).data);
  const { mark } = decode(bytes, place.path);
  const { text } = await readTexts(bytes, place);
  const before = read(text);
  const isNote = (next: string): boolean => {
    try {
      return isSame(read(next), before);
    } catch (error) {
      if (error instanceof UserError) return false;
      throw error;
    }
  };
  const cleared = gone.reduce((all, one) => withoutNotes(all, one, isNote), text);
  return cleared === text ? undefined : encode({ mark, text: cleared });
}

/** Each place by itself: the same value may stand in a text as well. */
function withoutNotes(text: string, gone: string, isNote: (next: string) => boolean): string {
  let cleared = text;
  for (let at = cleared.indexOf(gone); gone !== '' && at !== -1; at = cleared.indexOf(gone, at + 1)) {
    const next = splice(cleared, [{ start: at, end: at + gone.length, text: MOVED }]);
    if (isNote(next)) cleared = next;
  }
  return cleared;
}
