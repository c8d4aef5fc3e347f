/** From the words of a command line to a profile: one that exists, or a new one. Nothing is saved here. */
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { withNearest } from '../nearest.ts';
import type { Profile } from '../profiles.ts';
import type { Provider, ProviderEntry } from '../providers/types.ts';
import { typed } from '../typed.ts';
import { applyChoice, checkFields, type ProfileChoice } from './choice.ts';
import { nameOfCommand, splitCommand } from './command-words.ts';
import { sameAddress, tidyUrl } from './urls.ts';

type Needs = Pick<Context, 'profiles' | 'providers' | 'options'>;

/**
 * The profile that `word` (a provider, a profile, or an MCP endpoint's URL) and `-p` mean, with `choice` laid over it.
 * Throws `not_found` with the nearest name, `usage` for a wrong or missing setting, `conflict` where an existing profile
 * has another address.
 */
export async function makeProfile(context: Needs, word: string | undefined, choice: ProfileChoice): Promise<Profile> {
  const byUrl = word !== undefined && /^https?:\/\//i.test(word);
  const wish = byUrl ? { ...choice, mcpUrl: choice.mcpUrl ?? word } : choice;
  const entries = await context.providers();
  const base = await findBase(context, byUrl ? undefined : word, wish, entries);
  const profile = applyChoice(base.profile, wish);
  const provider = bindProfile(entries, profile);
  checkFields(provider.manifest, wish);
  if (base.exists) refuseMove(bindProfile(entries, base.profile), provider, profile);
  return profile;
}

/** Binds a profile to its provider among `entries`. Throws as `ProviderEntry.bind`, and `not_found`. */
export function bindProfile(entries: readonly ProviderEntry[], profile: Profile): Provider {
  const entry = requireEntry(entries, profile.provider);
  return entry.bind({ ...profile, sign: profile.sign ?? false, allowHttp: profile.allowHttp ?? false });
}

interface Base {
  readonly profile: Profile;
  readonly exists: boolean;
}

async function findBase(
  { profiles, options }: Needs,
  word: string | undefined,
  choice: ProfileChoice,
  entries: readonly ProviderEntry[],
): Promise<Base> {
  const named = options.profile;
  if (word === undefined) {
    if (named === undefined || !profiles.get(named)) {
      if (choice.mcpUrl !== undefined || choice.command !== undefined)
        return genericBase(profiles.list(), named, choice);
      if (choice.url !== undefined) throw whichProvider(entries);
    }
    return { profile: profiles.inUse(named), exists: true };
  }
  const same = profiles.get(named ?? word);
  if (same) {
    if (named !== undefined && word !== named && same.provider !== word) throw otherProvider(same, word);
    return { profile: same, exists: true };
  }
  if (!entries.some((entry) => entry.id === word)) throw unknownWord(word, entries, profiles.list());
  if (word === 'generic') return genericBase(profiles.list(), named, choice);
  return { profile: { name: checkProfileName(named ?? word), provider: word }, exists: false };
}

/** A generic profile of the same endpoint is used again; a new one is called after its host or its program. */
function genericBase(known: readonly Profile[], named: string | undefined, choice: ProfileChoice): Base {
  const address = choice.mcpUrl && tidyUrl(choice.mcpUrl, '--mcp-url');
  const same =
    named === undefined && address
      ? known.find(({ mcpUrl }) => mcpUrl !== undefined && sameAddress(mcpUrl, address))
      : undefined;
  if (same) return { profile: same, exists: true };
  if (named !== undefined) return { profile: { name: checkProfileName(named), provider: 'generic' }, exists: false };
  const host = address ? new URL(address).hostname.replace(/^\[|\]$/g, '') : undefined;
  const name = host ?? (choice.command ? nameOfCommand(splitCommand(choice.command)) : 'generic');
  return { profile: { name: freeName(name, known), provider: 'generic' }, exists: false };
}

/** `name`, or the first of `name-2`, `name-3` that no profile has. */
export function freeName(name: string, known: readonly Profile[]): string {
  const taken = new Set(known.map((profile) => profile.name));
  if (!taken.has(name)) return name;
  for (let number = 2; ; number += 1) if (!taken.has(`${name}-${number}`)) return `${name}-${number}`;
}

/** Throws `usage` for a name that a ref could not carry. */
export function checkProfileName(name: string): string {
  const wrong =
    name.trim() === ''
      ? 'is empty'
      : /[/\u0000-\u001f\u007f-\u009f]/.test(name)
        ? 'has a / or a control character'
        : undefined;
  const what = wrong ?? (/^[@-]/.test(name) ? `begins with ${name[0]}` : undefined);
  if (what)
    throw new UserError('usage', `The profile name ${JSON.stringify(name)} ${what}.`, {
      hint: 'Use letters, digits, "-" and ".".',
    });
  return name;
}

/** A credential goes only to the address that it was made for; moving it is a decision of its own. */
function refuseMove(before: Provider, after: Provider, profile: Profile): void {
  for (const [field, option] of [
    ['url', '--url'],
    ['mcpUrl', '--mcp-url'],
  ] as const) {
    const [old, next] = [before.settings[field], after.settings[field]];
    if (old === undefined || next === undefined || sameAddress(old, next)) continue;
    throw new UserError('conflict', `The profile ${profile.name} has ${option} ${old}.`, {
      hint: typed`A second one: add -p NAME. To move this one: mcpkey profile set ${profile.name} ${option} ${next}`,
    });
  }
}

function requireEntry(entries: readonly ProviderEntry[], id: string): ProviderEntry {
  const found = entries.find((entry) => entry.id === id);
  if (found) return found;
  const message = withNearest(
    `There is no provider "${id}".`,
    id,
    entries.map((entry) => entry.id),
  );
  throw new UserError('not_found', message, { hint: 'mcpkey provider list' });
}

function unknownWord(word: string, entries: readonly ProviderEntry[], profiles: readonly Profile[]): UserError {
  const words = [...entries.map((entry) => entry.id), ...profiles.map((profile) => profile.name)];
  return new UserError('not_found', withNearest(`There is no provider and no profile "${word}".`, word, words), {
    hint: 'mcpkey provider list   or   mcpkey profile list',
  });
}

function whichProvider(entries: readonly ProviderEntry[]): UserError {
  const ids = entries.map((entry) => entry.id).join(', ');
  return new UserError('usage', 'Which provider serves this --url?', { hint: `Name it: ${ids}` });
}

function otherProvider(profile: Profile, word: string): UserError {
  return new UserError('conflict', `The profile ${profile.name} belongs to ${profile.provider}, not to ${word}.`, {
    hint: 'Choose another name with -p NAME.',
  });
}
