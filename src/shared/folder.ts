/** A folder of `age` files that a team shares, in git say: each key's record lies beside its secret. */
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import type { Documents, LedgerDocument } from '../ledger/documents.ts';
import { fileDocuments } from '../ledger/files.ts';
import { createRecords } from '../ledger/records.ts';
import type { Locks, Paths } from '../system/types.ts';
import { ownPlacements, type Records, withOwnPlacements } from './placements.ts';

/** Git's mark of what two sides changed. */
const TWO_SIDES = /^<{7} /m;

interface Parts {
  readonly paths: Pick<Paths, 'ledger'>;
  readonly locks: Pick<Locks, 'with'>;
  readonly host: string;
}

export function folderRecords({ paths, locks, host }: Parts, folder: string): Records {
  const files = fileDocuments(join(folder, 'shared'), locks);
  const documents: Documents = {
    ...files,
    get: async (name) => checked(await files.get(name)),
    list: async (below) => (await files.list(below)).map(checked),
    change: (name, what, after) => files.change(name, what, (before) => after(checked(before))),
  };
  return withOwnPlacements(createRecords(documents), ownPlacements(paths.ledger, locks), host);
}

function checked<T extends LedgerDocument | undefined>(document: T): T {
  if (!document || !TWO_SIDES.test(document.text)) return document;
  throw new UserError('conflict', `${document.where} was changed on two sides: git could not merge it.`, {
    hint: 'Keep one side (git checkout --ours or --theirs), then: mcpkey list',
  });
}
