/** The subjects of checks: the keys, profiles, stores and clients that there are. */
import { UserError } from '../errors.ts';
import { refOf } from '../keys/refs.ts';
import type { KeyRecord } from '../ledger.ts';
import type { Profile } from '../profiles.ts';
import { typed } from '../typed.ts';
import { skipped } from './findings.ts';
import type { ClientState } from './scope/clients.ts';
import type { StoreTrial } from './scope/stores.ts';
import type { Check, Finding, Look, Scope } from './types.ts';

type Looks = Check['looks'];

/** Stands for a subject where there is none. */
export const NONE = '-';

export const nothing = (why: string): readonly Look[] => [{ subject: NONE, look: async () => skipped(why) }];

/** One look at mcpkey itself. */
export const once =
  (subject: string, look: (scope: Scope) => Promise<Finding>): Looks =>
  async (scope) => [{ subject, look: () => look(scope) }];

export interface KeyAtHand {
  readonly record: KeyRecord;
  readonly ref: string;
  readonly profile: Profile;
}

export const eachKey =
  (look: (key: KeyAtHand, scope: Scope) => Promise<Finding>): Looks =>
  async (scope) => {
    const keys = await scope.keys();
    if (keys.length === 0) return nothing('No key is kept here.');
    return keys.map((record) => ({ subject: refOf(record), look: async () => look(atHand(record, scope), scope) }));
  };

/** Throws `not_found` where the key's profile is gone. */
export function atHand(record: KeyRecord, { context }: Pick<Scope, 'context'>): KeyAtHand {
  const profile = context.profiles.get(record.profile);
  if (profile) return { record, ref: refOf(record), profile };
  throw new UserError('not_found', `The profile "${record.profile}" of this key is gone.`, {
    hint: typed`mcpkey profile add ${record.provider} -p ${record.profile}`,
  });
}

export const eachProfile =
  (look: (profile: Profile, scope: Scope) => Promise<Finding>): Looks =>
  async (scope) => {
    const profiles = scope.context.profiles.list();
    if (profiles.length === 0) return nothing('There is no profile yet.');
    return profiles.map((profile) => ({ subject: profile.name, look: () => look(profile, scope) }));
  };

export const eachStore =
  (look: (trial: StoreTrial, scope: Scope) => Promise<Finding>): Looks =>
  async (scope) => {
    const stores = await scope.stores();
    return stores.map(({ kind, tried }) => ({ subject: kind.id, look: async () => look(await tried(), scope) }));
  };

export const eachClient =
  (look: (client: ClientState, scope: Scope) => Promise<Finding>): Looks =>
  async (scope) => {
    const clients = await scope.clients();
    if (clients.length === 0) return nothing('No client has a file with servers here.');
    return clients.map((state) => ({ subject: state.client.id, look: () => look(state, scope) }));
  };
