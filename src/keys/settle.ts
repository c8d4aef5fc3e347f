/** What came of a key whose making was cut short: found by its mark, and revoked, as nobody has its secret. */
import type { Connection, Context } from '../context.ts';
import { Cancelled, UserError } from '../errors.ts';
import type { Profile } from '../profiles.ts';
import type { RemoteKey } from '../providers/types.ts';
import type { Guide } from './guide.ts';
import { revokeFound, surveyMarked } from './marked.ts';
import { eachLeft, type Pending } from './pending.ts';

/** A request whose sender is gone may be carried out so many ms later. */
const LATE = 3_000;
const POLL = 500;
/** After an interruption a person waits for this: so many ms, one attempt. */
const BRIEF = 5_000;

const RESUME = 'mcpkey rotate --resume';

export interface Unsettled {
  /** `PROFILE/NAME`. */
  readonly ref: string;
  readonly error: UserError;
}

/** Of all profiles, or of one. Resolves to how many came to an end, and to those of which nothing is known still. */
export async function settleLeft(
  context: Context,
  guide: Guide,
  profile: string | undefined,
): Promise<{ readonly settled: number; readonly unsettled: readonly Unsettled[] }> {
  const unsettled: Unsettled[] = [];
  let settled = 0;
  await eachLeft(context, async (pending) => {
    if (profile !== undefined && pending.profile !== profile) return false;
    try {
      await settle(context, guide, pending);
      settled += 1;
      return true;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      unsettled.push({ ref: `${pending.profile}/${pending.name}`, error });
      return false;
    }
  });
  return { settled, unsettled };
}

async function settle(context: Context, guide: Guide, pending: Pending): Promise<void> {
  const known = await context.ledger.keys(pending.profile);
  if (known.some((key) => key.mark === pending.mark)) return;
  const profile = context.profiles.get(pending.profile);
  if (!profile) {
    return guide.warn(
      `Whether the key "${pending.label}" was made is not known: its profile ${pending.profile} is gone.`,
    );
  }
  const connection = await context.connect(profile);
  for (const key of await findLate(context, connection, pending))
    await takeBack(context, connection, { pending, key }, guide);
  await context.vault.forget(pending.profile, pending.secret);
}

/** Throws `unsupported` where the service cannot be asked, `bad_response` where its list shows less than it must. */
async function findLate(
  context: Context,
  connection: Connection,
  { at, mark, label, profile }: Pending,
): Promise<readonly RemoteKey[]> {
  const until = Date.parse(at) + LATE;
  for (;;) {
    const seen = await surveyMarked(connection, mark);
    if (seen.found.length > 0) return seen.found;
    // An unreadable database looks like an empty list.
    if (seen.ids.size === 0 && (await hasLiving(context, profile))) throw blind(connection, label);
    // A clock that was set back must not make anyone wait for ever.
    const wait = until - context.now();
    if (!(wait > 0 && wait <= LATE)) return [];
    await context.sleep(Math.min(wait, POLL));
  }
}

async function hasLiving(context: Context, profile: string): Promise<boolean> {
  const ended = (end: string | null) => end !== null && Date.parse(end) <= context.now();
  const keys = await context.ledger.keys(profile);
  return keys.some((key) => key.status === 'active' && !key.assisted && !ended(key.expiresAt));
}

const blind = ({ provider }: Connection, label: string): UserError =>
  new UserError(
    'bad_response',
    `${provider.title} lists no keys, not even those that are kept here: whether "${label}" was made cannot be told.`,
    {
      provider: provider.id,
      hint: `${RESUME}   (later)`,
    },
  );

async function takeBack(
  context: Context,
  connection: Connection,
  { pending, key }: { pending: Pending; key: RemoteKey },
  guide: Guide,
): Promise<void> {
  const { provider } = connection;
  const { revoke } = provider.operations;
  const ref = { id: key.id, label: key.label, name: pending.name };
  if (revoke.mode === 'assisted') {
    guide.warn(`The key "${key.label}" (id ${key.id}) was made at ${provider.title}, and nobody has its secret.`);
    return guide.show(`Revoke the key "${key.label}" at ${provider.title}`, revoke.guide(ref));
  }
  await revokeFound(connection, ref);
  guide.note(`The key "${key.label}" (id ${key.id}), whose making was cut short, was revoked.`);
  await context.ledger.record({
    command: 'create',
    ref: `${pending.profile}/${pending.name}`,
    oldId: key.id,
    outcome: 'failed',
  });
}

/**
 * Right after an interruption, while the person waits: one look. Resolves to true where a key was found and taken back;
 * else what comes of the request is left to `rotate --resume`, and told.
 */
export async function settleInterrupted(
  context: Context,
  connection: Connection,
  pending: Pending,
  guide: Guide,
): Promise<boolean> {
  const { title } = connection.provider;
  guide.warn(
    `Interrupted while ${title} was making the key: looking whether it did. Ctrl-C again leaves that to: ${RESUME}`,
  );
  try {
    const calm = await connectCalmly(context, connection.profile);
    const { found } = await surveyMarked(calm, pending.mark);
    for (const key of found) await takeBack(context, calm, { pending, key }, guide);
    if (found.length > 0) return true;
  } catch (error) {
    if (!(error instanceof UserError) && !(error instanceof Cancelled)) throw error;
  }
  guide.warn(`Whether "${pending.label}" was made is not known yet. Next: ${RESUME}`);
  return false;
}

/** For what must still be asked of a service after an interruption. */
export const connectCalmly = (context: Context, profile: Profile): Promise<Connection> =>
  context.connect(profile, { signal: AbortSignal.timeout(BRIEF), attempts: 1 });
