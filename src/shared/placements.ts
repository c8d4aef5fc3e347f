/**
 * Placements of this machine, in files of its own: what a shared store says about our files is not believed, so who can
 * write there can have nothing written or run here. Others' are shown as the store has them.
 */
import type { Documents } from '../ledger/documents.ts';
import { parseDocument } from '../ledger/files.ts';
import { arePlacements } from '../ledger/shape.ts';
import type { KeyRecord, Ledger, Placement } from '../ledger.ts';
import { brokenFile } from '../system/json.ts';
import { encodeName } from '../system/names.ts';

type Records = Pick<Ledger, 'keys' | 'key' | 'add' | 'update' | 'remove' | 'generationFile'>;

/** `records` with the placements of `host` taken from `own` alone. */
export function withOwnPlacements(records: Records, own: Documents, host: string): Records {
  const nameOf = ({ profile, name }: Pick<KeyRecord, 'profile' | 'name'>) =>
    `${encodeName(profile)}/${encodeName(name)}`;

  async function read(key: Pick<KeyRecord, 'profile' | 'name'>): Promise<readonly Placement[]> {
    const document = await own.get(nameOf(key));
    if (!document) return [];
    const { placements } = parseDocument(document);
    if (arePlacements(placements)) return placements;
    throw brokenFile(document.where, 'not a list of placements');
  }

  async function write(record: KeyRecord): Promise<void> {
    const { profile, name } = record;
    const mine = record.placements.filter((placement) => placement.host === host);
    if (JSON.stringify(mine) === JSON.stringify(await read(record))) return;
    const text = mine.length === 0 ? undefined : `${JSON.stringify({ profile, name, placements: mine }, null, 2)}\n`;
    await own.change(nameOf(record), `placements of ${profile}/${name}`, () => text);
  }

  const merge = (record: KeyRecord, mine: readonly Placement[]): KeyRecord => ({
    ...record,
    placements: [...mine, ...record.placements.filter((placement) => placement.host !== host)],
  });
  const merged = async (record: KeyRecord) => merge(record, await read(record));

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
      await write(record);
    },
    async update(profile, name, change) {
      const mine = await read({ profile, name });
      const after = await records.update(profile, name, (before) => change(merge(before, mine)));
      await write(after);
      return after;
    },
    async remove(profile, name) {
      const existed = await records.remove(profile, name);
      await own.change(nameOf({ profile, name }), `placements of ${profile}/${name}`, () => undefined);
      return existed;
    },
  };
}
