import { UserError } from '../errors.ts';
import type { KeyRecord, Ledger } from '../ledger.ts';
import { brokenFile } from '../system/json.ts';
import { encodeName } from '../system/names.ts';
import type { Documents, LedgerDocument } from './documents.ts';
import { parseDocument } from './files.ts';
import { isKeyRecord } from './shape.ts';

type Records = Pick<Ledger, 'keys' | 'key' | 'add' | 'update' | 'remove' | 'generationFile'>;

/** One document a key: `<profile>/<name>`. */
export function createRecords(documents: Documents): Records {
  const nameOf = (profile: string, name: string) => `${encodeName(profile)}/${encodeName(name)}`;
  const change = (profile: string, name: string, after: (before: KeyRecord | undefined) => KeyRecord | undefined) =>
    documents.change(nameOf(profile, name), `key ${profile}/${name}`, (before) => {
      const record = after(before && parseRecord(before));
      return record && writeRecord(record);
    });

  return {
    async keys(profile) {
      const found = await documents.list(profile === undefined ? undefined : encodeName(profile));
      return found
        .map(parseRecord)
        .sort((one, other) => compare(one.profile, other.profile) || compare(one.name, other.name));
    },
    async key(profile, name) {
      const document = await documents.get(nameOf(profile, name));
      return document && parseRecord(document);
    },
    add: (record) =>
      change(record.profile, record.name, (before) => {
        if (!before) return record;
        throw new UserError('conflict', `There is a key ${record.profile}/${record.name} already.`, {
          hint: 'Choose another name, or revoke that key first.',
        });
      }),
    async update(profile, name, edit) {
      let after: KeyRecord | undefined;
      await change(profile, name, (before) => {
        if (!before)
          throw new UserError('not_found', `There is no key ${profile}/${name} here.`, { hint: 'mcpkey list' });
        after = { ...edit(before), profile, name };
        return after;
      });
      if (!after) throw new Error('a key that was changed has a record');
      return after;
    },
    async remove(profile, name) {
      let existed = false;
      // A broken record goes as well, so it is not parsed.
      await documents.change(nameOf(profile, name), `key ${profile}/${name}`, (before) => {
        existed = before !== undefined;
        return undefined;
      });
      return existed;
    },
    generationFile: (profile, name) => documents.file(nameOf(profile, name)),
  };
}

export const writeRecord = (record: KeyRecord): string => `${JSON.stringify(record, null, 2)}\n`;

/** Throws `bad_config_file`, naming where it lies. */
export function parseRecord(document: LedgerDocument): KeyRecord {
  const fields = parseDocument(document);
  if (isKeyRecord(fields)) return fields;
  throw brokenFile(document.where, 'not a record of a key');
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
