/**
 * Placements of this machine, in files of its own: what a shared store says about our files is not believed, so who can
 * write there can have nothing written or run here. Others' are shown as the store has them.
 */
import { join } from 'node:path';
import { fileDocuments, parseDocument } from '../ledger/files.ts';
import { arePlacements } from '../ledger/shape.ts';
import type { KeyRecord, Ledger, Placement } from '../ledger.ts';
import { brokenFile } from '../system/json.ts';
import { encodeName } from '../system/names.ts';
import type { Locks } from '../system/types.ts';

export type Records = Pick<Ledger, 'keys' | 'key' | 'add' | 'update' | 'remove' | 'generationFile'>;

type Name = Pick<KeyRecord, 'profile' | 'name'>;

/** What this machine placed of one key. */
interface Own {
  readonly placements: readonly Placement[];
  /** Record of the secret that they were made with, or renewed to. */
  readonly secret: string | null;
}

export interface OwnPlacements {
  read(key: Name): Promise<Own>;
  write(key: Name, own: Own): Promise<void>;
}

export const ownPlacements = (ledger: string, locks: Pick<Locks, 'with'>): OwnPlacements => {
  const files = fileDocuments(join(ledger, '.own'), locks);
  const nameOf = ({ profile, name }: Name) => `${encodeName(profile)}/${encodeName(name)}`;
  return {
    async read(key) {
      const document = await files.get(nameOf(key));
      if (!document) return { placements: [], secret: null };
      const { placements, secret } = parseDocument(document);
      if (!arePlacements(placements)) throw brokenFile(document.where, 'not a list of placements');
      return { placements, secret: typeof secret === 'string' ? secret : null };
    },
    async write({ profile, name }, own) {
      const text = own.placements.length === 0 ? undefined : `${JSON.stringify({ profile, name, ...own }, null, 2)}\n`;
      await files.change(nameOf({ profile, name }), `placements of ${profile}/${name}`, () => text);
    },
  };
};

/** `records` with the placements of `host` taken from `own` alone. */
export function withOwnPlacements(records: Records, own: OwnPlacements, host: string): Records {
  /** `before`: the record that the change began with, undefined for a new key. */
  async function keep(record: KeyRecord, before?: KeyRecord): Promise<void> {
    const known = await own.read(record);
    const placements = record.placements.filter((placement) => placement.host === host);
    // Who makes a key's secret another one renews what stands here; other changes leave it as it was.
    const renewed = known.placements.length === 0 || record.secret !== before?.secret;
    const next: Own = { placements, secret: renewed ? record.secret : known.secret };
    if (JSON.stringify(next) !== JSON.stringify(known)) await own.write(record, next);
  }

  const merge = (record: KeyRecord, mine: readonly Placement[]): KeyRecord => ({
    ...record,
    placements: [...mine, ...record.placements.filter((placement) => placement.host !== host)],
  });
  const merged = async (record: KeyRecord) => merge(record, (await own.read(record)).placements);

  return {
    ...records,
    async keys(profile, options) {
      return Promise.all((await records.keys(profile, options)).map(merged));
    },
    async key(profile, name) {
      const record = await records.key(profile, name);
      return record && merged(record);
    },
    async add(record) {
      await records.add(record);
      await keep(record);
    },
    async update(profile, name, change) {
      const mine = (await own.read({ profile, name })).placements;
      let before: KeyRecord | undefined;
      const after = await records.update(profile, name, (record) => {
        before = merge(record, mine);
        return change(before);
      });
      await keep(after, before);
      return after;
    },
    async remove(profile, name) {
      const existed = await records.remove(profile, name);
      await own.write({ profile, name }, { placements: [], secret: null });
      return existed;
    },
  };
}
