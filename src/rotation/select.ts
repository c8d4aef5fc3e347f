/** Which keys there is something to do for, and what. */
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { keptDocument } from '../keys/document.ts';
import { type KeyFilter, keyFilter } from '../keys/list.ts';
import { provisionalRecord } from '../keys/provisional.ts';
import { refOf, resolveKept } from '../keys/refs.ts';
import type { KeyRecord } from '../ledger.ts';
import type { Profile } from '../profiles.ts';
import { requireProfile } from '../profiles.ts';
import type { Planned } from './records.ts';
import type { RotatingKey, RotationJournals } from './types.ts';

/** `finish`: end what is past its grace or waits for a person. `resume`: go on with what was left. */
export interface Job extends RotatingKey {
  readonly what: 'rotate' | 'finish' | 'resume';
}

/** The keys named, each once. Throws `usage`, `not_found` before anything is done. */
export async function namedJobs(context: Context, refs: readonly string[], what: Job['what']): Promise<readonly Job[]> {
  const jobs = new Map<string, Job>();
  for (const ref of refs) {
    const { profile, record } = await resolveKept(context, ref);
    jobs.set(refOf(record), { profile, record, what });
  }
  return [...jobs.values()];
}

/**
 * Active keys that are stored here, as far as they fit; and what else is to be ended in these profiles.
 * Throws `not_found` where no key was ever kept here: then state that should be here is not.
 */
export async function dueJobs(
  context: Context,
  journals: RotationJournals,
  { filter, profiles }: { filter: KeyFilter; profiles: () => readonly Profile[] },
): Promise<readonly Job[]> {
  const now = context.now();
  const fits = keyFilter({ ...filter, status: 'active' }, now);
  const records = await context.ledger.keys();
  if (records.length === 0) throw nothingKept(context);
  const byName = new Map(profiles().map((profile) => [profile.name, profile]));
  const left = new Set((await journals.left()).map(({ progress: { planned } }) => refOf(planned)));
  const jobs: Job[] = [];
  for (const record of records) {
    const profile = byName.get(record.profile);
    const what = profile && whatIsDue(record, { fits, left, now });
    if (profile && what) jobs.push({ profile, record, what });
  }
  return jobs;
}

interface Due {
  readonly fits: ReturnType<typeof keyFilter>;
  readonly left: ReadonlySet<string>;
  readonly now: number;
}

function whatIsDue(record: KeyRecord, { fits, left, now }: Due): Job['what'] | undefined {
  const { previous } = record;
  // Until a person has revoked the old one, there is no third.
  if (previous && previous.revokeAt === null) return 'finish';
  if (record.secret !== null && fits(keptDocument(record, now))) return 'rotate';
  if (left.has(refOf(record))) return 'resume';
  return isPastGrace(record, now) ? 'finish' : undefined;
}

/** The old key has outlived its grace, or only a person can end it. `now` in ms. */
export const isPastGrace = ({ previous }: KeyRecord, now: number): boolean =>
  previous !== null && (previous.revokeAt === null || Date.parse(previous.revokeAt) <= now);

const nothingKept = ({ paths }: Pick<Context, 'paths'>) =>
  new UserError('not_found', `No key was ever kept here: there is nothing in ${paths.ledger}.`, {
    hint: 'On a machine without lasting state, keep that folder between the runs (MCPKEY_HOME), or make keys first: mcpkey create',
  });

/** What was left, of the profile `only` or of all. */
export async function leftJobs(context: Context, journals: RotationJournals, only: string | undefined): Promise<Job[]> {
  const jobs: Job[] = [];
  for (const { progress } of await journals.left()) {
    const { profile, name } = progress.planned;
    if (only !== undefined && only !== profile) continue;
    const record = (await context.ledger.key(profile, name)) ?? forgotten(progress.planned, context.host);
    jobs.push({ profile: requireProfile(context.profiles.list(), profile), record, what: 'resume' });
  }
  return jobs;
}

/** A key that was taken out of the ledger meanwhile: what was made for it is given back. */
const forgotten = ({ profile, provider, name, old }: Planned, host: string): KeyRecord => ({
  ...provisionalRecord({ host }, { name: profile, provider }, name),
  id: old.id,
  label: old.label,
  expiresAt: old.expiresAt,
  status: 'revoked',
  assisted: old.assisted,
});

export async function pastGraceJobs(context: Context, only: string | undefined): Promise<Job[]> {
  const records = (await context.ledger.keys(only)).filter((record) => isPastGrace(record, context.now()));
  return records.map((record) => ({
    profile: requireProfile(context.profiles.list(), record.profile),
    record,
    what: 'finish',
  }));
}
