/** An entry changed member by member, so that what a person noted beside its members stays. */
import { UserError } from '../../errors.ts';
import { isSame, isTable } from './data.ts';
import { cutEntry, type EntryPlace, type Made, putEntry, readEntry, readTexts } from './index.ts';
import { splice } from './text.ts';

export interface Rewrite {
  readonly value: unknown;
  /** What must not stand there any more, not in a comment either. Without it the entry is written anew as a whole. */
  readonly gone?: readonly string[] | undefined;
}

/**
 * As `putEntry`. Where the entry has comments and something to lose, its members are changed one by one; where that
 * cannot be done, or a comment would show what must go, it is written anew as a whole all the same.
 */
export async function rewriteEntry(
  bytes: Buffer | undefined,
  place: EntryPlace,
  name: string,
  { value, gone }: Rewrite,
): Promise<{ bytes: Buffer; made: Made }> {
  const put = await putEntry(bytes, place, name, value);
  const whole = put.bytes;
  // Strict JSON has no comments, and such files can be large.
  if (!gone || !bytes || place.format === 'json') return put;
  if ((await notesIn(bytes, place)) === (await notesIn(whole, place))) return put;
  const kept = await memberwise(bytes, place, name, value);
  if (!kept || gone.some((text) => kept.includes(text) && !whole.includes(text))) return put;
  return (await notesIn(kept, place)) > (await notesIn(whole, place)) ? { ...put, bytes: kept } : put;
}

/** How many comments a file has, as far as that can be told without its grammar: outside texts these marks are nothing else. */
async function notesIn(bytes: Buffer, place: EntryPlace): Promise<number> {
  const { text, leaves } = await readTexts(bytes, place);
  const rest = splice(
    text,
    leaves.map(({ start, end }) => ({ start, end, text: '' })),
  );
  return rest.match(place.format === 'jsonc' ? /\/\/|\/\*/g : /#/g)?.length ?? 0;
}

/** Undefined where an edit is refused, or the entry is no table. */
async function memberwise(bytes: Buffer, place: EntryPlace, name: string, value: unknown): Promise<Buffer | undefined> {
  if (place.named !== undefined) return undefined;
  try {
    const changed = await changeMembers(bytes, place, name, value);
    return isSame(await readEntry(changed, place, name), value) ? changed : undefined;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

async function changeMembers(bytes: Buffer, place: EntryPlace, name: string, value: unknown): Promise<Buffer> {
  const old = await readEntry(bytes, place, name);
  if (!isTable(old) || !isTable(value)) return (await putEntry(bytes, place, name, value)).bytes;
  const inner: EntryPlace = { ...place, servers: [...place.servers, name] };
  let changed = bytes;
  for (const [key, member] of Object.entries(value)) {
    if (!isSame(old[key], member)) changed = await changeMembers(changed, inner, key, member);
  }
  for (const key of Object.keys(old)) {
    if (!Object.hasOwn(value, key)) changed = await cutEntry(changed, inner, key, { tables: [] });
  }
  return changed;
}
