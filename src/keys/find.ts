/** One key by its ref, kept here or known to the service alone. */
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { KeyRecord } from '../ledger.ts';
import type { Profile } from '../profiles.ts';
import { type KeyDocument, keptDocument } from './document.ts';
import { listKeys } from './list.ts';
import { notAKey, resolveRef, type UnknownRef, unknownIn } from './refs.ts';

export interface FoundKey {
  readonly profile: Profile;
  readonly document: KeyDocument;
  /** Undefined for a key made elsewhere. */
  readonly record: KeyRecord | undefined;
}

/** Throws as `resolveRef`; `usage` where the service has several of that name; `not_found` where nobody has it. */
export async function findKey(context: Context, ref: string): Promise<FoundKey> {
  const found = await resolveRef(context, ref);
  if (found.kind === 'login') throw notAKey(ref);
  if (found.kind === 'key')
    return { profile: found.profile, record: found.record, document: keptDocument(found.record, context.now()) };
  return { profile: found.profile, record: undefined, document: await findRemote(context, found) };
}

/** A key kept here with what the service says of it now; `unasked` says why the service could not be asked. */
export async function currentKey(
  context: Context,
  { record, profile, document }: FoundKey,
): Promise<{ document: KeyDocument; unasked?: UserError }> {
  if (!record || record.status === 'revoked' || record.assisted) return { document };
  try {
    for await (const key of listKeys(context, profile, { local: false })) {
      if (key.id === record.id) return { document: key };
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { document, unasked: error };
  }
  return { document };
}

/** The one key of the service that the word fits. Throws `usage` for several, `not_found`, and what keeps the service from telling. */
export async function findRemote(context: Context, unknown: UnknownRef): Promise<KeyDocument> {
  const { profile, word } = unknown;
  const named: KeyDocument[] = [];
  for await (const key of listKeys(context, profile, { local: false })) {
    if (key.id === word) return key;
    if (key.name === word || key.label === word) named.push(key);
  }
  const living = named.filter((key) => key.status !== 'revoked');
  const fits = living.length > 0 ? living : named;
  const [only, second] = fits;
  if (!only) throw await unknownIn(context, unknown);
  if (!second) return only;
  const ids = fits.map((key) => `${profile.name}/${key.id}`).join(', ');
  throw new UserError('usage', `"${word}" fits several keys of the service: ${ids}.`, {
    hint: 'Name the one you mean by its id.',
  });
}
