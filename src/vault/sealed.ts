/**
 * Secrets that several machines read: each is kept together with the origin that it may go to, so that nobody who can
 * change what the machines share (a profile, a key's record) can have it sent elsewhere.
 */
import { UserError } from '../errors.ts';
import type { SecretStore } from '../stores/types.ts';
import { encodeName } from '../system/names.ts';
import { typed } from '../typed.ts';

/** The first step of such ids, where those of one home begin with its own id. */
const SHARED = 'shared/';

export const isSharedId = (id: string): boolean => id.startsWith(SHARED);
export const sharedId = (profile: string, record: string): string =>
  `${SHARED}${encodeName(profile)}/${encodeName(record)}`;

/** Profile and record of an id; undefined where a name was too long to stand in it. */
export function readSharedId(id: string): { profile: string; record: string } | undefined {
  const [, profile = '', record = ''] = id.split('/');
  return isSharedId(id) && !id.includes('~')
    ? { profile: decodeURIComponent(profile), record: decodeURIComponent(record) }
    : undefined;
}

/**
 * `origin` is asked with the profile's step of the id: where its keys go now (null: to a local server). Throws
 * `conflict` for a secret of another origin.
 */
export function sealedStore(store: SecretStore, origin: (profile: string) => Promise<string | null>): SecretStore {
  const originFor = (id: string) => origin(id.split('/')[1] ?? '');
  return {
    ...store,
    async get(id) {
      const text = await store.get(id);
      if (text === undefined || !isSharedId(id)) return text;
      const sealed = parse(text);
      if (!sealed) throw unreadable(id);
      const wanted = await originFor(id);
      if (sealed.origin === wanted) return sealed.value;
      throw moved(id, sealed.origin, wanted);
    },
    async set(id, value) {
      await store.set(id, isSharedId(id) ? JSON.stringify({ origin: await originFor(id), value }) : value);
    },
  };
}

/** Binds a secret to where its profile's keys go now, wherever that was before. */
export async function resealSecret(
  store: SecretStore,
  id: string,
  origin: (profile: string) => Promise<string | null>,
): Promise<void> {
  const sealed = parse((await store.get(id)) ?? '');
  if (sealed) await sealedStore(store, origin).set(id, sealed.value);
}

function parse(text: string): { origin: string | null; value: string } | undefined {
  try {
    const sealed: unknown = JSON.parse(text);
    if (typeof sealed !== 'object' || sealed === null || !('origin' in sealed) || !('value' in sealed))
      return undefined;
    const { origin, value } = sealed;
    const isOrigin = origin === null || typeof origin === 'string';
    return isOrigin && typeof value === 'string' ? { origin, value } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const unreadable = (id: string): UserError =>
  new UserError('store_unavailable', `The secret ${id} in the store is not as mcpkey writes them.`, {
    hint: 'Make the key anew: mcpkey rotate KEY',
  });

function moved(id: string, origin: string | null, wanted: string | null): UserError {
  const profile = readSharedId(id)?.profile ?? 'it';
  const name = (where: string | null) => where ?? 'a local server';
  return new UserError(
    'conflict',
    `This key was made for ${name(origin)}, but the profile ${profile} names ${name(wanted)}: it is not read.`,
    {
      hint: typed`mcpkey profile show ${profile}   then, where that is wrong: mcpkey profile set ${profile} --mcp-url URL`,
    },
  );
}
