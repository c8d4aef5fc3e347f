/** Changing and forgetting a profile without taking its credentials where they do not belong. */
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { KeyRecord } from '../ledger.ts';
import type { Profile } from '../profiles.ts';
import type { ProviderSettings } from '../providers/types.ts';
import { typed } from '../typed.ts';
import { applyChoice, checkFields, type ProfileChoice } from './choice.ts';
import { bindProfile } from './connect.ts';
import { logOut } from './logout.ts';

/** Settings that `profile set --unset` takes away, as typed. */
export const UNSETTABLE: Readonly<Record<string, keyof Profile>> = {
  url: 'url',
  'mcp-url': 'mcpUrl',
  org: 'org',
  issuer: 'issuer',
  'client-id': 'clientId',
  audience: 'audience',
  scope: 'scopes',
  'allow-http': 'allowHttp',
  sign: 'sign',
  header: 'header',
  dashboard: 'dashboard',
  'key-pattern': 'keyPattern',
  command: 'command',
  env: 'variable',
};

export interface Change {
  readonly before: Profile;
  readonly after: Profile;
  /** True where its credentials would go to another origin than they were made for. */
  readonly moves: boolean;
  /** Names of the keys kept here. */
  readonly keys: readonly KeyRecord[];
}

type Needs = Pick<
  Context,
  'profiles' | 'providers' | 'ledger' | 'vault' | 'locks' | 'fetch' | 'now' | 'signal' | 'sleep' | 'options'
>;

/** What a change would do; nothing is done. Throws `usage` for a wrong setting. */
export async function planChange(
  context: Needs,
  before: Profile,
  choice: ProfileChoice & { readonly unset: readonly string[] },
): Promise<Change> {
  const entries = await context.providers();
  const after = applyChoice(without(before, choice.unset), choice);
  const bound = bindProfile(entries, after);
  checkFields(bound.manifest, choice);
  const moves = !sameOrigins(bindProfile(entries, before).settings, bound.settings);
  return { before, after, moves, keys: await keptKeys(context, before) };
}

/** Saves it. A move ends the login, whose token was for the old place, and lets the keys go to the new one. */
export async function runChange(context: Needs, { after, moves, keys }: Change): Promise<void> {
  if (moves) await logOut(context, after);
  await context.profiles.save(after);
  if (moves) await moveKeys(context, after, keys);
  await context.ledger.record({ command: 'profile set', ref: after.name });
}

/** Logs out and forgets the profile. Throws `conflict` where keys of it are kept here. */
export async function removeProfile(context: Needs, profile: Profile): Promise<void> {
  const keys = await keptKeys(context, profile);
  if (keys.length > 0) {
    const refs = keys.map((key) => `${key.profile}/${key.name}`);
    throw new UserError('conflict', `The profile ${profile.name} has keys: ${refs.join(', ')}.`, {
      hint: typed`Take them back first: mcpkey revoke ${refs}   (or forget them here alone: --force)`,
    });
  }
  await logOut(context, profile);
  await context.profiles.remove(profile.name);
  await context.ledger.record({ command: 'profile remove', ref: profile.name });
}

/** Those that somebody must take back, and those that wait for a new one. */
export async function keptKeys({ ledger }: Pick<Context, 'ledger'>, profile: Profile): Promise<readonly KeyRecord[]> {
  return (await ledger.keys(profile.name)).filter((key) => key.secret !== null);
}

function without(profile: Profile, unset: readonly string[]): Profile {
  const fields = unset.map((word) => {
    const field = UNSETTABLE[word];
    if (field) return field;
    throw new UserError('usage', `--unset ${word}: there is no such setting.`, {
      hint: Object.keys(UNSETTABLE).join(', '),
    });
  });
  const { name, provider, ...rest } = profile;
  // The variables of further keys were set by the same option as the variable of its own.
  const gone = new Set<string>([...fields, ...(fields.includes('variable') ? ['keys'] : [])]);
  const kept = Object.entries(rest).filter(([key]) => !gone.has(key));
  return { name, provider, ...Object.fromEntries(kept) };
}

const ORIGINS = ['url', 'mcpUrl'] as const;

const sameOrigins = (before: ProviderSettings, after: ProviderSettings): boolean =>
  ORIGINS.every((field) => originOf(before[field]) === originOf(after[field]));

const originOf = (url: string | undefined): string | undefined => (url === undefined ? undefined : new URL(url).origin);

async function moveKeys(context: Needs, profile: Profile, keys: readonly KeyRecord[]): Promise<void> {
  const provider = bindProfile(await context.providers(), profile);
  const origin = originOf(provider.mcp('key')?.url) ?? null;
  for (const key of keys) {
    await context.ledger.update(key.profile, key.name, (record) => ({ ...record, origin }));
    for (const record of [key.secret, key.previous?.secret]) {
      if (typeof record === 'string') await context.vault.reseal(key.profile, record);
    }
  }
}
