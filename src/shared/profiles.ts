/**
 * Profiles in a shared store. This machine takes one that it does not know yet, and never lets one that it knows be
 * moved: where its credentials go is its own to say. A command that starts a local server is not shared.
 */
import { UserError } from '../errors.ts';
import { checkProfiles } from '../profilefile.ts';
import type { Profile, Profiles } from '../profiles.ts';
import type { SharedSpace } from '../stores/types.ts';
import { encodeName } from '../system/names.ts';

const FOLDER = 'profiles';
const TRIES = 20;

const documentOf = (name: string): string => `${FOLDER}/${encodeName(name)}`;

/** Puts it there, or what it is now. A profile with a command stays here. */
export async function shareProfile(space: SharedSpace, profile: Profile): Promise<void> {
  if (profile.command !== undefined) return;
  const name = documentOf(profile.name);
  const text = await space.seal(name, JSON.stringify(profile));
  for (let tries = 0; tries < TRIES; tries += 1) {
    if ((await space.put(name, text, (await space.get(name))?.version)) !== undefined) return;
  }
  throw new UserError('conflict', `The profile ${profile.name} is changed by others all the time.`);
}

/** The same, where nobody shared one of that name before. */
export async function shareNewProfile(space: SharedSpace, profile: Profile): Promise<void> {
  if ((await space.get(documentOf(profile.name))) === undefined) await shareProfile(space, profile);
}

async function unshareProfile(space: SharedSpace, name: string): Promise<void> {
  const document = await space.get(documentOf(name));
  if (document) await space.remove(document.name, document.version);
}

/** `profiles`, with every change made in the store first. */
export function sharingProfiles(profiles: Profiles, space: () => Promise<SharedSpace | undefined>): Profiles {
  return {
    ...profiles,
    async save(profile) {
      const shared = await space();
      if (shared) await shareProfile(shared, profile);
      await profiles.save(profile);
    },
    async remove(name) {
      const shared = await space();
      if (shared) await unshareProfile(shared, name);
      return profiles.remove(name);
    },
  };
}

/** Takes what this machine does not know by name. Resolves to the names taken; one that cannot be read is passed over. */
export async function takeProfiles(
  space: SharedSpace,
  profiles: Pick<Profiles, 'list' | 'save'>,
): Promise<readonly string[]> {
  const known = new Set(profiles.list().map(({ name }) => documentOf(name)));
  const taken: string[] = [];
  for (const { name, text } of await space.list(FOLDER)) {
    const profile = known.has(name) ? undefined : await readProfile(space, name, text);
    if (!profile) continue;
    await profiles.save(profile);
    taken.push(profile.name);
  }
  return taken;
}

async function readProfile(space: SharedSpace, document: string, sealed: string): Promise<Profile | undefined> {
  try {
    const value: unknown = JSON.parse(await space.unseal(document, sealed));
    if (typeof value !== 'object' || value === null || !('name' in value) || typeof value.name !== 'string') return;
    const { name, ...fields } = value;
    const checked = checkProfiles(document, { [name]: fields })[name];
    if (!checked || documentOf(name) !== document || checked.command !== undefined) return;
    return { name, ...checked };
  } catch (error) {
    const unreadable = error instanceof SyntaxError || (error instanceof UserError && error.exitCode !== 130);
    if (unreadable) return undefined;
    throw error;
  }
}
