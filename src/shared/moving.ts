/** When secrets change between a shared store and one of this machine, the records of their keys go with them. */
import type { Context } from '../context.ts';
import { fileDocuments } from '../ledger/files.ts';
import { createRecords } from '../ledger/records.ts';
import type { KeyRecord, Ledger } from '../ledger.ts';
import { sharedFolder } from '../stores/index.ts';
import type { SharedSpace } from '../stores/types.ts';
import { folderRecords } from './folder.ts';
import { sharedRecords } from './ledger.ts';
import { shareNewProfile } from './profiles.ts';

type Parts = Pick<Context, 'vault' | 'paths' | 'locks' | 'host' | 'user' | 'now' | 'profiles'>;
type Records = Pick<Ledger, 'keys' | 'key' | 'add' | 'remove'>;

/** Moves the record of every key whose secret is in `to` where that store keeps records. Done twice it does no harm. */
export async function settleRecords(context: Parts, to: string): Promise<void> {
  const local = createRecords(fileDocuments(context.paths.ledger, context.locks));
  const inStore = await secretsIn(context, to);
  const there = await recordsOf(context, to);
  if (there) {
    const space = await spaceOf(context, to);
    for (const record of await local.keys()) {
      if (!inStore(record)) continue;
      const profile = context.profiles.get(record.profile);
      if (space && profile) await shareNewProfile(space, profile);
      await move(record, local, there);
    }
    return;
  }
  const from = await recordsOf(context, await context.vault.currentStore());
  if (!from) return;
  for (const record of await from.keys()) if (inStore(record)) await move(record, from, local);
}

/** Known in both for a moment, never in neither. */
async function move(record: KeyRecord, from: Records, to: Records): Promise<void> {
  if (!(await to.key(record.profile, record.name))) await to.add(record);
  await from.remove(record.profile, record.name);
}

async function secretsIn({ vault }: Parts, store: string): Promise<(record: KeyRecord) => boolean> {
  const index = await vault.index();
  const held = new Set(index.filter((each) => each.store === store).map((each) => `${each.profile}/${each.record}`));
  return ({ profile, secret }) => secret !== null && held.has(`${profile}/${secret}`);
}

async function spaceOf({ vault }: Parts, store: string): Promise<SharedSpace | undefined> {
  return (await vault.kind(store)).share?.(vault.ports(store));
}

/** Undefined for a store whose keys this machine alone knows. */
async function recordsOf(context: Parts, store: string): Promise<Records | undefined> {
  const space = await spaceOf(context, store);
  const { paths, locks, host, user: actor, now } = context;
  if (space) return sharedRecords({ space, store, paths, locks, author: { actor, host, run: null, now } });
  const folder = store === 'age' ? sharedFolder(context.vault.ports(store)) : undefined;
  return folder === undefined ? undefined : folderRecords(context, folder);
}
