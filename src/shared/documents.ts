/** The ledger's documents in a shared store: changed by whoever finds them as they were read. */
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../errors.ts';
import type { Change, Documents } from '../ledger/documents.ts';
import type { SharedSpace } from '../stores/types.ts';
import { encodeName } from '../system/names.ts';
import { KEYS, type Mirror } from './mirror.ts';

/** So often others may have been faster. */
const TRIES = 100;
const PAUSE = 20;

export interface SharedParts {
  readonly space: SharedSpace;
  /** The store's id, for messages. */
  readonly store: string;
  readonly mirror: Mirror;
}

/** True for a key whose record the machines share. */
export const isSharedKey = async (space: SharedSpace, { profile, name }: { profile: string; name: string }) =>
  (await space.get(`${KEYS}/${encodeName(profile)}/${encodeName(name)}`)) !== undefined;

/** Documents below `folder`; whatever is seen of them is mirrored. */
export function sharedDocuments({ space, store, mirror }: SharedParts, folder: string): Documents {
  const path = (name: string) => `${folder}/${name}`;
  const where = (name: string) => `${store}: ${path(name)}`;

  async function attempt(name: string, after: Change): Promise<boolean> {
    const before = await space.get(path(name));
    const text = after(before && { text: before.text, where: where(name) });
    if (text === undefined) {
      if (before && !(await space.remove(path(name), before.version))) return false;
    } else if (text !== before?.text && (await space.put(path(name), text, before?.version)) === undefined) {
      return false;
    }
    await mirror.show(name, text);
    return true;
  }

  return {
    file: mirror.file,
    async get(name) {
      const document = await space.get(path(name));
      await mirror.show(name, document?.text);
      return document && { text: document.text, where: where(name) };
    },
    async list(below) {
      const found = await space.list(below === undefined ? folder : path(below));
      const entries = found.map((document) => [document.name.slice(folder.length + 1), document.text] as const);
      await mirror.showAll(new Map(entries), below);
      return entries.map(([name, text]) => ({ text, where: where(name) }));
    },
    async change(name, what, after) {
      for (let tries = 0; tries < TRIES; tries += 1) {
        if (await attempt(name, after)) return;
        await sleep(Math.random() * PAUSE);
      }
      throw new UserError('conflict', `${what} is changed by others all the time.`, { hint: 'Try again.' });
    },
  };
}
