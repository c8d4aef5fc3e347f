/** What a project's server means on this machine: which profile, which key, which hosts. Nothing is changed. */
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { checkKeyName } from '../keys/names.ts';
import { checkWishes, type KeyWishes } from '../keys/options.ts';
import type { Profile } from '../profiles.ts';
import type { Provider, ProviderEntry } from '../providers/types.ts';
import { applyChoice, checkFields } from '../session/choice.ts';
import { bindProfile, freeName, makeProfile } from '../session/connect.ts';
import { typed } from '../typed.ts';
import { inFields } from './fields.ts';
import type { ProjectServer } from './schema.ts';

export interface WantedServer {
  readonly server: string;
  readonly profile: Profile;
  readonly provider: Provider;
  readonly isNew: boolean;
  readonly keyName: string;
  readonly terms: KeyWishes;
  readonly clients: readonly string[];
  /** Origins that it talks to and that neither this machine's profiles nor the provider itself name. */
  readonly newOrigins: readonly string[];
}

/** `begun`: profiles that earlier servers of this project make. Throws `conflict`, `usage`, `not_found`. */
export async function wantedServer(
  context: Context,
  server: string,
  wish: ProjectServer,
  begun: readonly Profile[],
): Promise<WantedServer> {
  try {
    return await readServer(context, server, wish, begun);
  } catch (error) {
    throw error instanceof UserError ? inFields(error, wish) : error;
  }
}

async function readServer(
  context: Context,
  server: string,
  wish: ProjectServer,
  begun: readonly Profile[],
): Promise<WantedServer> {
  const entries = await context.providers();
  const { profile, isNew } = await profileFor(context, wish, begun, entries);
  const provider = bindProfile(entries, profile);
  const terms = { scopes: wish.scopes ?? [], expires: wish.expires, metadata: [], allowedIps: [] };
  checkWishes(provider.manifest, terms);
  const keyName = fill(wish.key, context);
  checkKeyName(keyName);
  const own = [...known(context, entries), ...begun.flatMap((each) => originsOf(bindProfile(entries, each)))];
  const newOrigins = isNew
    ? originsOf(provider).filter((origin) => ![...own, ...ownOrigins(entries, profile)].includes(origin))
    : [];
  return { server, profile, provider, isNew, keyName, terms, clients: [...new Set(wish.clients)], newOrigins };
}

/** `{user}` and `{host}` as the default name of a key has them. */
const fill = (template: string, { user, host }: Pick<Context, 'user' | 'host'>): string =>
  template.replaceAll('{user}', tidy(user)).replaceAll('{host}', tidy(host));

const tidy = (text: string): string => text.replace(/[^\p{L}\p{N}.-]+/gu, '-').replace(/^-+|-+$/g, '') || 'key';

async function profileFor(
  context: Context,
  wish: ProjectServer,
  begun: readonly Profile[],
  entries: readonly ProviderEntry[],
): Promise<{ profile: Profile; isNew: boolean }> {
  const { provider, url, mcpUrl, org, header, dashboard, keyPattern } = wish;
  const choice = { url, mcpUrl, org, header, dashboard, keyPattern };
  const here = [...context.profiles.list(), ...begun];
  const allowHttp = here.some((each) => allowsHttp(each, wish)) || undefined;
  const wished = applyChoice({ name: wish.profile ?? provider, provider, allowHttp }, choice);
  const bound = bindProfile(entries, wished);
  checkFields(bound.manifest, choice);
  const alike = here.find((each) => fits(entries, each, wished, bound) && (wish.profile ?? each.name) === each.name);
  if (alike) return { profile: alike, isNew: !context.profiles.get(alike.name) };
  // Throws where a profile of that name is for another service, or for another address.
  const options = { ...context.options, profile: wish.profile };
  const made = await makeProfile(
    { profiles: context.profiles, providers: context.providers, options },
    provider,
    choice,
  );
  const before = context.profiles.get(made.name);
  // The project names no address: then it is the person's own.
  if (before && JSON.stringify(made) === JSON.stringify(before)) return { profile: before, isNew: false };
  const taken = begun.some(({ name }) => name === made.name);
  if (!before && !taken) return { profile: made, isNew: true };
  // Several servers of one service or host, at addresses of their own.
  if (!before && wish.profile === undefined)
    return { profile: { ...made, name: freeName(made.name, here) }, isNew: true };
  throw new UserError('conflict', `The profile "${made.name}" has other settings than the server wants.`, {
    hint: typed`mcpkey profile show ${made.name}   and give the server another "profile" in mcpkey.json, where both are meant.`,
  });
}

/** A person let this profile reach that very host without https; no project may for itself. */
function allowsHttp(profile: Profile, { provider, profile: name, url, mcpUrl }: ProjectServer): boolean {
  if (!profile.allowHttp || profile.provider !== provider || (name ?? profile.name) !== profile.name) return false;
  const origins = [profile.url, profile.mcpUrl].flatMap((each) => (each === undefined ? [] : [new URL(each).origin]));
  return [url, mcpUrl].every(
    (each) => each === undefined || !URL.canParse(each) || origins.includes(new URL(each).origin),
  );
}

/** The same service at the same addresses, and the key goes there in the same way. */
function fits(entries: readonly ProviderEntry[], profile: Profile, wished: Profile, bound: Provider): boolean {
  if (profile.provider !== wished.provider) return false;
  const { settings, mcp } = bindProfile(entries, profile);
  const same = (['url', 'mcpUrl', 'org', 'header'] as const).every(
    (field) => settings[field] === bound.settings[field],
  );
  return same && mcp('key')?.url === bound.mcp('key')?.url && !settings.command;
}

const known = (context: Pick<Context, 'profiles'>, entries: readonly ProviderEntry[]): readonly string[] =>
  context.profiles.list().flatMap((profile) => quietly(() => originsOf(bindProfile(entries, profile))));

/** Where the provider talks to when nobody names an address. */
const ownOrigins = (entries: readonly ProviderEntry[], { provider, org }: Profile): readonly string[] =>
  quietly(() => originsOf(bindProfile(entries, { name: provider, provider, org })));

function originsOf({ settings, mcp }: Provider): readonly string[] {
  const urls = [settings.url, settings.mcpUrl, settings.dashboard, mcp('key')?.url, mcp('login')?.url];
  return [...new Set(urls.flatMap((url) => (url === undefined ? [] : [new URL(url).origin])))];
}

/** A profile whose plugin is gone, or a provider that cannot do without an address, names none. */
function quietly(read: () => readonly string[]): readonly string[] {
  try {
    return read();
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}
