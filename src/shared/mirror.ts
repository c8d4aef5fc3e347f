/** What a shared store showed last, in files of this machine: for what is asked without the network. No secret is in it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Documents } from '../ledger/documents.ts';
import { fileDocuments } from '../ledger/files.ts';
import type { Ledger } from '../ledger.ts';
import { removeFile, writeAtomic } from '../system/files.ts';
import { encodeName } from '../system/names.ts';
import type { Locks } from '../system/types.ts';

export interface Mirror extends Documents {
  /** What the store has now under a name; undefined: nothing. Writes only where it is another text. */
  show(name: string, text: string | undefined): Promise<void>;
  /** All that the store has below a folder, or in all; what it has no more goes. */
  showAll(entries: ReadonlyMap<string, string>, folder?: string): Promise<void>;
}

export function createMirror(dir: string, locks: Pick<Locks, 'with'>): Mirror {
  const files = fileDocuments(dir, locks);

  async function show(name: string, text: string | undefined): Promise<void> {
    const before = await files.get(name).catch(() => ({ text: undefined }));
    if (before?.text === text) return;
    // The latest to be shown stays; whoever needs to know for certain asks the store.
    if (text === undefined) await removeFile(files.file(name));
    else await writeAtomic(files.file(name), text);
  }

  return {
    ...files,
    show,
    async showAll(entries, folder) {
      for (const [name, text] of entries) await show(name, text);
      const expected = new Set([...entries.keys()].map((name) => files.file(name)));
      for (const { where } of await files.list(folder)) if (!expected.has(where)) await removeFile(where);
    },
  };
}

/** Where the mirror of a store lies; a folder that no profile's can be. */
export const mirrorFolder = (ledger: string, store: string): string => join(ledger, '.shared', store);

/** Folder of the keys' records, in a store and in its mirror. */
export const KEYS = 'keys';

/** The file whose change says that a key may be another: the mirror's, else the one of a key that only this machine has. */
export const sharedFiles = (
  local: Pick<Ledger, 'generationFile'>,
  ledger: string,
  store: string,
): Pick<Ledger, 'generationFile'> => ({
  generationFile(profile, name) {
    const file = join(mirrorFolder(ledger, store), KEYS, encodeName(profile), `${encodeName(name)}.json`);
    return existsSync(file) ? file : local.generationFile(profile, name);
  },
});
