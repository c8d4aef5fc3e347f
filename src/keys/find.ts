/** One key by its ref, kept here or known to the service alone. */
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { KeyRecord } from '../ledger.ts';
import type { Profile } from '../profiles.ts';
import { type KeyDocument, keptDocument } from './document.ts';
import { listKeys } from './list.ts';
import { resolveRef, unknownKey } from './refs.ts';

export interface FoundKey {
  readonly profile: Profile;
  readonly document: KeyDocument;
  /** Undefined for a key made elsewhere. */
  readonly record: KeyRecord | undefined;
}

/** Throws as `resolveRef`; `usage` where the service has several of that name; `not_found` where nobody has it. */
export async function findKey(context: Context, ref: string): Promise<FoundKey> {
  const found = await resolveRef(context, ref);
  if (found.kind === 'login') throw new UserError('usage', `${ref} is the login's own token, not a key.`, { hint: 'mcpkey whoami' });
  if (found.kind === 'key') return { profile: found.profile, record: found.record, document: keptDocument(found.record, context.now()) };
  return { profile: found.profile, record: undefined, document: await findRemote(context, found.profile, found.word) };
}

async function findRemote(context: Context, profile: Profile, word: string): Promise<KeyDocument> {
  const fits: KeyDocument[] = [];
  for await (const key of listKeys(context, profile, { local: false })) {
    if (key.id === word) return key;
    if (key.name === word || key.label === word) fits.push(key);
  }
  const [only, second] = fits;
  if (!only) throw unknownKey(profile.name, word, await context.ledger.keys(profile.name));
  if (!second) return only;
  const ids = fits.map((key) => `${profile.name}/${key.id}`).join(', ');
  throw new UserError('usage', `"${word}" fits several keys of the service: ${ids}.`, { hint: 'Name the one you mean by its id.' });
}
