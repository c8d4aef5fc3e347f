import { join } from 'node:path';
import { list, readDocument, visible } from '../ledger/files.ts';
import { removeFile, writeAtomic } from '../system/files.ts';
import { brokenFile } from '../system/json.ts';
import { encodeName } from '../system/names.ts';

/** Where one secret is. Written before the secret, so that no store holds anything unknown to us. */
export interface SecretPlace {
  readonly profile: string;
  readonly record: string;
  readonly store: string;
  /** Its id in that store. */
  readonly id: string;
  /** Other stores that may hold a copy of it, while it is being moved. */
  readonly also: readonly string[];
  /** RFC 3339 UTC; of the last value. */
  readonly savedAt: string;
}

export interface SecretPlaces {
  get(profile: string, record: string): SecretPlace | undefined;
  all(): readonly SecretPlace[];
  write(place: SecretPlace): Promise<void>;
  remove(profile: string, record: string): Promise<boolean>;
  file(profile: string, record: string): string;
}

/** `<ledger>/.secrets/<profile>/<record>.json`, a folder that no profile's can be: encoded names never begin with a dot. */
export function createPlaces(ledger: string): SecretPlaces {
  const root = join(ledger, '.secrets');
  const file = (profile: string, record: string) => join(root, encodeName(profile), `${encodeName(record)}.json`);
  return {
    file,
    get: (profile, record) => read(file(profile, record)),
    all() {
      const places: SecretPlace[] = [];
      for (const folder of visible(list(root))) {
        for (const name of list(join(root, folder)).filter((entry) => entry.endsWith('.json'))) {
          const place = read(join(root, folder, name));
          if (place) places.push(place);
        }
      }
      return places;
    },
    write: (place) => writeAtomic(file(place.profile, place.record), `${JSON.stringify(place)}\n`),
    // One that a power cut brings back names a secret that is gone, which nobody asks for.
    remove: (profile, record) => removeFile(file(profile, record), { flush: false }),
  };
}

function read(path: string): SecretPlace | undefined {
  const document = readDocument(path);
  if (!document) return undefined;
  const { profile, record, store, id, also, savedAt } = document;
  if (
    typeof profile === 'string' &&
    typeof record === 'string' &&
    typeof store === 'string' &&
    typeof id === 'string' &&
    typeof savedAt === 'string'
  ) {
    const copies = Array.isArray(also) ? also.filter((name) => typeof name === 'string') : [];
    return { profile, record, store, id, savedAt, also: copies };
  }
  throw brokenFile(path, 'not a record of a secret’s place');
}
