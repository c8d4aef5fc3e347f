/** Which profile a lifted key goes to: one that sends it where it stood and nowhere else, else a new generic one. */
import { UserError } from '../errors.ts';
import type { Profile } from '../profiles.ts';
import type { McpAccess, Provider, ProviderEntry } from '../providers/types.ts';
import { secret } from '../secret.ts';
import { nameOfCommand } from '../session/command-words.ts';
import { bindProfile, freeName } from '../session/connect.ts';
import { sameAddress, tidyUrl } from '../session/urls.ts';
import { keyName } from './names.ts';
import type { LocalLift, RemoteLift } from './read.ts';
import { tells } from './telling.ts';

export interface ChosenProfile {
  readonly profile: Profile;
  readonly provider: Provider;
  readonly isNew: boolean;
}

/** Too short to be taken for a secret. */
const PLACE = '{k}';

/** Throws `usage` where no profile can be made of it: `http://` to another host, say. */
export function profileForRemote(
  lift: RemoteLift,
  known: readonly Profile[],
  entries: readonly ProviderEntry[],
): ChosenProfile {
  const url = tidyUrl(lift.url, '--mcp-url');
  const bound = known.flatMap((profile) => {
    const provider = bindOrSkip(entries, profile);
    return provider && takesKey(provider, lift.key) ? [{ profile, provider, isNew: false }] : [];
  });
  const alike = bound.find(({ provider }) => {
    const access = provider.mcp('key');
    return access !== undefined && sameAddress(access.url, url) && sendsAlike(access, lift);
  });
  // The provider of that very origin whose keys have this form knows its endpoint best.
  const ofOrigin = bound.find(
    ({ provider }) => provider.id !== 'generic' && originOf(provider.mcp('key')?.url) === originOf(url),
  );
  if (alike ?? ofOrigin) return alike ?? ofOrigin ?? fresh(lift, url, known, entries);
  return fresh(lift, url, known, entries);
}

function fresh(lift: RemoteLift, url: string, known: readonly Profile[], entries: readonly ProviderEntry[]) {
  const { header, query, headers } = lift;
  const usual = header?.name.toLowerCase() === 'authorization' && header.scheme?.toLowerCase() === 'bearer';
  const name = new URL(url).hostname.replace(/^\[|\]$/g, '');
  const profile: Profile = {
    name: freeName(name, known),
    provider: 'generic',
    mcpUrl: url,
    ...(header && !usual && { header: header.scheme ? `${header.name}: ${header.scheme}` : header.name }),
    ...(query !== undefined && { query }),
    ...(Object.keys(headers).length > 0 && { headers }),
  };
  return { profile, provider: bindProfile(entries, profile), isNew: true };
}

const originOf = (url: string | undefined): string | undefined => (url === undefined ? undefined : new URL(url).origin);

/** A profile whose plugin is gone or broken is passed over. */
function bindOrSkip(entries: readonly ProviderEntry[], profile: Profile): Provider | undefined {
  try {
    return bindProfile(entries, profile);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

function takesKey(provider: Provider, key: string): boolean {
  try {
    provider.checkForm(secret(key));
    return !provider.settings.sign;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

/** The same headers with the key, and the same address. */
function sendsAlike(access: McpAccess, { header, query, headers, url }: RemoteLift): boolean {
  const key = secret(PLACE);
  const wished = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  if (header) wished.set(header.name.toLowerCase(), `${header.scheme ? `${header.scheme} ` : ''}${PLACE}`);
  const sent = Object.entries(access.headers(key));
  const same = sent.length === wished.size && sent.every(([name, value]) => wished.get(name.toLowerCase()) === value);
  if (query === undefined) return same && access.address === undefined;
  const address = new URL(url);
  address.searchParams.set(query, PLACE);
  return same && access.address?.(key) === address.href;
}

export interface LocalChoice {
  readonly variable: string;
  readonly key: string;
  /** Refs of its further keys, by variable. */
  readonly keys: Readonly<Record<string, string>>;
  /** The server's name in the client. */
  readonly server: string;
  /** Behind the name, for the further ones. */
  readonly suffix: string;
  /** What no name may tell. */
  readonly secrets: readonly string[];
}

/** Their command lines name images behind options that no one knows all of. */
const CONTAINERS = /(?:^|[\\/])(?:docker|podman|nerdctl)(?:\.exe)?$/i;

/** A new generic profile of this command and variable. Throws `usage`. */
export function newLocalProfile(
  { command, variables, named = command }: Pick<LocalLift, 'command' | 'variables' | 'named'>,
  { variable, key, keys, server, suffix, secrets }: LocalChoice,
  known: readonly Profile[],
  entries: readonly ProviderEntry[],
): ChosenProfile {
  // A word that holds a key is passed over, and none is taken for the value of the option before it instead.
  const words = named.map((word) => (tells(secrets, word) ? '' : word));
  const wished = CONTAINERS.test(named[0] ?? '') ? server : nameOfCommand(words, server);
  const base = [wished, keyName(server)].find((name) => !tells(secrets, name)) ?? 'server';
  const profile: Profile = {
    name: freeName(`${base}${suffix}`, known),
    provider: 'generic',
    command,
    variable,
    ...(Object.keys(variables).length > 0 && { variables }),
    ...(Object.keys(keys).length > 0 && { keys }),
    // `Bearer abc` in a variable is one value.
    ...(/^[\x21-\x7e]+$/.test(key) ? {} : { keyPattern: '[\\s\\S]+' }),
  };
  return { profile, provider: bindProfile(entries, profile), isNew: true };
}

/** True where the profile starts this very server, with its keys in the same variables. */
export const startsSame = (profile: Profile, lift: LocalLift): boolean => {
  const [first, ...further] = lift.keys.map(({ variable }) => variable);
  const { provider, command, variable, variables = {}, keys = {} } = profile;
  return (
    provider === 'generic' &&
    variable === first &&
    JSON.stringify(command) === JSON.stringify(lift.command) &&
    isSameTable(variables, lift.variables) &&
    Object.keys(keys).sort().join() === further.sort().join()
  );
};

const isSameTable = (one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean =>
  Object.keys(one).length === Object.keys(other).length &&
  Object.entries(one).every(([name, value]) => other[name] === value);
