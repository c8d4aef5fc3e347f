/** The old key goes, and is seen refused. */

import { isUnanswered } from '../../api.ts';
import { UserError } from '../../errors.ts';
import { answersAnyone, awaitRefusal } from '../../keys/check.ts';
import type { RemoteRef } from '../../providers/types.ts';
import type { Secret } from '../../secret.ts';
import { typed } from '../../typed.ts';
import { type Ending, readOld, record, timeNow, type Work } from '../work.ts';

/** Ends the rotation here where the old key lives on for a while, or only a person can end it. */
export async function retire(work: Work): Promise<Ending | undefined> {
  const { planned, promoted } = work.progress;
  const until = promoted?.revokeAt ?? null;
  if (planned.plan.grace > 0 && until !== null && work.context.now() < Date.parse(until)) {
    return { state: 'grace', revokeAt: until };
  }
  const value = await readOld(work);
  const gone = await RETIRE[planned.plan.retiring](work, value);
  if ('state' in gone) return gone;
  work.gone = true;
  if (!promoted) await markGap(work);
  await record(work, { step: 'retired', at: timeNow(work), refusedAt: gone.refusedAt });
  return undefined;
}

/** Until there is a new one, no key works, and whoever asks for it is told. */
async function markGap({ context: { ledger }, progress: { planned } }: Work): Promise<void> {
  const { profile, name, old } = planned;
  if ((await ledger.key(profile, name))?.secret !== old.secret) return;
  await ledger.update(profile, name, (current) =>
    current.secret === old.secret ? { ...current, status: 'revoked' } : current,
  );
}

interface Gone {
  /** Null where its secret is not here to try with. */
  readonly refusedAt: string | null;
}

type Retire = (work: Work, value: Secret | undefined) => Promise<Gone | Ending>;

const RETIRE: Readonly<Record<'service' | 'api' | 'hand', Retire>> = {
  async service(work, value) {
    return seeRefused(work, value);
  },
  async api(work, value) {
    const native = work.progress.planned.plan.making === 'native';
    const refusedAt = native && value ? await refusedNow(work, value) : undefined;
    if (refusedAt) return { refusedAt };
    return (await revokeByApi(work, value)) ?? seeRefused(work, value);
  },
  hand: retiredByHand,
};

const refOf = ({ progress: { planned } }: Work): RemoteRef => ({
  id: planned.old.id,
  label: planned.old.label,
  name: planned.name,
});

const refusedNow = (work: Work, value: Secret) => awaitRefusal(work.context, work.connection, value, { once: true });

/** Safe to repeat. Whatever the service says, a key that is refused is gone. */
async function revokeByApi(work: Work, value: Secret | undefined): Promise<Gone | undefined> {
  const { revoke } = work.connection.provider.operations;
  if (revoke.mode !== 'api') throw new Error('the plan revokes by an API that this provider does not have');
  for (let again = true; ; again = false) {
    work.gone = true;
    try {
      await revoke.run(work.connection.call, refOf(work));
      return undefined;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const refusedAt = value && (await refusedNow(work, value).catch(() => undefined));
      if (refusedAt) return { refusedAt };
      if (!value && error.code === 'not_found') return { refusedAt: null };
      if (again && isUnanswered(error)) continue;
      work.gone = isUnanswered(error);
      throw error;
    }
  }
}

async function seeRefused(work: Work, value: Secret | undefined): Promise<Gone> {
  if (!value) return { refusedAt: null };
  const refusedAt = await awaitRefusal(work.context, work.connection, value);
  if (refusedAt) return { refusedAt };
  if (!(await answersAnyone(work.context, work.connection))) throw stillAccepted(work);
  work.unseen = unseen(work);
  return { refusedAt: null };
}

/** Whatever is tried again, nothing more will be seen there. */
const unseen = ({ connection: { provider }, ref }: Work) =>
  new UserError(
    'partial',
    `${provider.title} answers without any key, so whether the old key of ${ref} is refused cannot be seen.`,
    { provider: provider.id, hint: typed`Look at the keys in the service itself, or later: mcpkey verify ${ref}` },
  );

const stillAccepted = ({ connection: { provider }, ref }: Work) =>
  new UserError('partial', `The old key of ${ref} should be gone, but ${provider.title} still accepts it.`, {
    provider: provider.id,
    hint: 'Later: mcpkey rotate --resume',
  });

async function retiredByHand(work: Work, value: Secret | undefined): Promise<Gone | Ending> {
  const { provider } = work.connection;
  const { revoking: guide } = work.ports;
  const { revoke } = provider.operations;
  const refusedAt = value && (await refusedNow(work, value));
  if (refusedAt) return { refusedAt };
  if (revoke.mode !== 'assisted') throw new Error('the plan leaves to a person what this provider does by itself');
  await guide.show(`Revoke the old key of "${work.ref}" at ${provider.title}`, revoke.guide(refOf(work)));
  if (!value) return untried(work);
  if (!guide.attended) return awaiting(work);
  guide.note('Waiting until the old key is refused (up to a minute)…');
  work.gone = true;
  const seen = await awaitRefusal(work.context, work.connection, value);
  work.gone = seen !== undefined;
  return seen ? { refusedAt: seen } : awaiting(work, stillAccepted(work));
}

/** Nothing can be tried without its secret: the person's word has to do. */
async function untried(work: Work): Promise<Gone | Ending> {
  const { ref, currentId, ports, progress } = work;
  if (!progress.promoted) throw unseenBefore(work);
  // The end of an earlier rotation, asked for by itself.
  if (currentId !== null && (await ports.saysRevoked?.(ref, progress.planned.old.id))) return { refusedAt: null };
  work.warnings.push(
    typed`Its old secret is not here to try with. Once the old key is revoked, say so: mcpkey rotate ${ref} --finish --yes`,
  );
  return awaiting(work);
}

const unseenBefore = ({ connection: { provider }, ref }: Work) =>
  new UserError('unsupported', `Whether the old key of ${ref} is revoked cannot be seen: its secret is not here.`, {
    provider: provider.id,
    hint: typed`Revoke it there, then: mcpkey rotate ${ref} --order create-first`,
  });

/** Before there is a new key, the old one must be gone; after that, it can wait for its person. */
function awaiting(work: Work, error?: UserError): Ending {
  const { promoted } = work.progress;
  if (promoted) return { state: 'awaiting-revoke', revokeAt: null, error };
  const { provider } = work.connection;
  throw new UserError(
    'unsupported',
    `Only a person can revoke the old key at ${provider.title}; it is still accepted.`,
    {
      provider: provider.id,
      hint: typed`Do the steps above, then: mcpkey rotate ${work.ref} --order revoke-first`,
    },
  );
}
