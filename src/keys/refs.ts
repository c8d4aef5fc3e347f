/** Key refs (design: Names): `PROFILE/NAME`, NAME, PROFILE, a service's id, `@PROJECT/SERVER`, `PROFILE/@login`. */
import type { Context } from '../context.ts';
import { ofProvider, UserError } from '../errors.ts';
import type { KeyRecord } from '../ledger.ts';
import { withNearest } from '../nearest.ts';
import { type Profile, requireProfile } from '../profiles.ts';
import { typed } from '../typed.ts';
import { LOGIN_NAME } from './names.ts';

export interface UnknownRef {
  readonly kind: 'unknown';
  readonly profile: Profile;
  readonly word: string;
  /** No profile was named: the word may have meant another profile's key, or a profile. */
  readonly bare?: boolean;
}

export type ResolvedRef =
  | { readonly kind: 'key'; readonly profile: Profile; readonly record: KeyRecord }
  | { readonly kind: 'login'; readonly profile: Profile }
  /** The profile is known, but no key of that name or id is known here; the service may have it. */
  | UnknownRef;

type Parts = Pick<Context, 'ledger' | 'profiles' | 'options' | 'env'>;

export const refOf = (key: { profile: string; name: string }) => `${key.profile}/${key.name}`;

/** Throws `usage` where several fit, `not_found` where neither a key nor a profile fits. */
export async function resolveRef(context: Parts, ref: string): Promise<ResolvedRef> {
  if (ref.startsWith('@')) return resolveBinding(context, ref);
  const slash = ref.indexOf('/');
  if (slash > 0)
    return resolveInProfile(
      context,
      requireProfile(context.profiles.list(), ref.slice(0, slash)),
      ref.slice(slash + 1),
    );
  return resolveWord(context, ref);
}

/** The same, where only a key known here will do. */
export async function resolveKept(context: Parts, ref: string): Promise<{ profile: Profile; record: KeyRecord }> {
  const found = await resolveRef(context, ref);
  if (found.kind === 'key') return found;
  if (found.kind === 'login') throw notAKey(ref);
  throw await unknownIn(context, found);
}

async function resolveBinding(context: Parts, ref: string): Promise<ResolvedRef> {
  const [project = '', server = ''] = ref.slice(1).split('/', 2);
  const bound = server ? await context.ledger.binding(project, server) : undefined;
  if (bound) return resolveRef(context, bound.ref);
  throw new UserError('not_found', `This machine has no key bound to ${ref}.`, {
    hint: typed`mcpkey place KEY claude-code --scope project --name ${server || 'SERVER'}   (in the project's folder)`,
  });
}

async function resolveInProfile(context: Parts, profile: Profile, word: string): Promise<ResolvedRef> {
  if (word === LOGIN_NAME) return { kind: 'login', profile };
  const direct = await context.ledger.key(profile.name, word);
  if (direct) return { kind: 'key', profile, record: direct };
  const byId = (await context.ledger.keys(profile.name)).filter((key) => key.id === word || key.label === word);
  return choose(context, word, byId) ?? { kind: 'unknown', profile, word };
}

async function resolveWord(context: Parts, word: string): Promise<ResolvedRef> {
  const narrowed = context.options.profile ?? context.env.MCPKEY_PROFILE;
  if (narrowed) return resolveNarrowed(context, requireProfile(context.profiles.list(), narrowed), word);
  const keys = await context.ledger.keys();
  const byName = choose(
    context,
    word,
    keys.filter((key) => key.name === word),
  );
  if (byName) return byName;
  const profile = context.profiles.get(word);
  if (profile) return onlyKeyOf(context, profile, keys);
  const byId = choose(
    context,
    word,
    keys.filter((key) => key.id === word || key.label === word),
  );
  if (byId) return byId;
  if (context.profiles.list().length === 0)
    return { kind: 'unknown', profile: context.profiles.inUse(), word, bare: true };
  const usual = usualProfile(context);
  if (usual) return { kind: 'unknown', profile: usual, word, bare: true };
  throw unknownKey(undefined, word, keys, context.profiles.list());
}

/** The profile's own name stands for its one key, unless a key is called so. */
async function resolveNarrowed(context: Parts, profile: Profile, word: string): Promise<ResolvedRef> {
  const found = await resolveInProfile(context, profile, word);
  if (found.kind !== 'unknown' || word !== profile.name) return found;
  return onlyKeyOf(context, profile, await context.ledger.keys(profile.name));
}

function usualProfile(context: Parts): Profile | undefined {
  const profiles = context.profiles.list();
  const name = context.profiles.defaultName();
  return (
    (name === undefined ? undefined : context.profiles.get(name)) ?? (profiles.length === 1 ? profiles[0] : undefined)
  );
}

function onlyKeyOf(context: Parts, profile: Profile, keys: readonly KeyRecord[]): ResolvedRef {
  const stored = keys.filter((key) => key.profile === profile.name && key.secret !== null);
  const found = choose(context, profile.name, stored);
  if (found) return found;
  throw new UserError('not_found', `The profile "${profile.name}" has no stored key.`, {
    provider: profile.provider,
    hint: typed`mcpkey create -p ${profile.name}`,
  });
}

function choose(context: Parts, word: string, fits: readonly KeyRecord[]): ResolvedRef | undefined {
  const [record, second] = fits;
  if (!record) return undefined;
  if (second) {
    const refs = fits.map((key) => `${refOf(key)} (id ${key.id})`).join(', ');
    throw new UserError('usage', `"${word}" fits several keys: ${refs}.`, { hint: 'Write PROFILE/NAME.' });
  }
  return { kind: 'key', profile: requireProfile(context.profiles.list(), record.profile), record };
}

/** `usage` for `@login` where only a key will do. */
export const notAKey = (ref: string): UserError =>
  new UserError('usage', `${ref} is the login's own token, not a key.`, {
    hint: 'place, proxy, headers, exec and verify take it; name a key:   mcpkey list',
  });

/** `not_found` with what is nearest to the word. */
export async function unknownIn(context: Parts, { profile, word, bare }: UnknownRef): Promise<UserError> {
  const keys = await context.ledger.keys(bare ? undefined : profile.name);
  const error = unknownKey(profile.name, word, keys, bare ? context.profiles.list() : []);
  return bare ? error : ofProvider(error, profile.provider);
}

/** `not_found` with the nearest ref. */
export function unknownKey(
  profile: string | undefined,
  word: string,
  keys: readonly KeyRecord[],
  profiles: readonly Profile[] = [],
): UserError {
  const candidates = [...keys.map((key) => key.name), ...keys.map(refOf), ...profiles.map((each) => each.name)];
  const where = profile ? ` in the profile "${profile}"` : '';
  return new UserError('not_found', withNearest(`There is no key "${word}"${where}.`, word, candidates), {
    hint: profile ? typed`mcpkey list -p ${profile}` : 'mcpkey list --all-profiles',
  });
}
