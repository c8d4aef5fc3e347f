/** Makes the new key: by the service's API, marked, or by a person. */
import { isUnanswered } from '../../api.ts';
import { UserError } from '../../errors.ts';
import { assistedRemote } from '../../keys/create.ts';
import type { KeyTerms } from '../../keys/options.ts';
import type { KeyRecord } from '../../ledger.ts';
import type { Manifest } from '../../providers/manifest.ts';
import type { CreatedKey, CreateInput, RemoteKey } from '../../providers/types.ts';
import type { Secret } from '../../secret.ts';
import { typed } from '../../typed.ts';
import { termOf } from '../plan.ts';
import type { NewKey } from '../records.ts';
import { currentRecord, readOld, record, timeNow, type Work } from '../work.ts';
import { beginAnew } from './anew.ts';
import { recordOrReject } from './meanwhile.ts';
import { revokeUnused } from './service.ts';

/** The first answer that never came is looked into, and the request made once more. */
const TRIES = 2;

/** Throws what the service says. Where `work.unsettled` is true then, nobody knows yet whether a key was made. */
export async function create(work: Work): Promise<undefined> {
  // What cannot be read in the end is told before anything is made.
  if (!work.resumed) await readOld(work);
  const { making } = work.progress.planned.plan;
  if (making === 'hand') return createByHand(work);
  // What was revoked here meanwhile is not asked to be replaced until it is.
  if (making === 'native' && work.resumed && !(await recordOrReject(work))) return undefined;
  if (work.unsettled) await beginAnew(work);
  for (let tries = 1; ; tries += 1) {
    try {
      await writeDownMade(work, await request(work));
      return undefined;
    } catch (error) {
      if (!(error instanceof UserError) || !work.unsettled || work.fresh) throw error;
      await beginAnew(work);
      if (tries === TRIES) throw error;
    }
  }
}

/** A key that cannot even be written down is given back at once. */
async function writeDownMade(work: Work, made: CreatedKey): Promise<void> {
  work.fresh = made.secret;
  try {
    await record(work, { step: 'created', at: timeNow(work), key: await withTerms(work, made) });
    work.unsettled = false;
  } catch (error) {
    const { planned } = work.progress;
    if (planned.plan.making === 'api') {
      work.unsettled = await revokeUnused(work.connection, { id: made.id, label: made.label, name: planned.name }).then(
        () => false,
        () => true,
      );
    }
    throw error;
  }
}

async function request(work: Work): Promise<CreatedKey> {
  const { connection } = work;
  const { create: operation, rotate } = connection.provider.operations;
  const native = work.progress.planned.plan.making === 'native';
  const input = await inputOf(work);
  work.unsettled = true;
  try {
    if (native && rotate.mode === 'api') return await rotate.run(connection.call, { ...input, ...rotateInput(work) });
    if (!native && operation.mode === 'api') return await operation.run(connection.call, input);
  } catch (error) {
    work.unsettled = isUnanswered(error) || !(error instanceof UserError);
    throw error;
  }
  throw new Error('the plan asks for an operation that this provider does not have');
}

async function inputOf(work: Work): Promise<CreateInput> {
  const { name, plan } = work.progress.planned;
  const { attempt } = work.progress;
  const { provider } = work.connection;
  const label = plan.making === 'hand' ? name : provider.markLabel(name, attempt.mark);
  return { label, mark: attempt.mark, ...(await termsOf(work)) };
}

/** The old key's terms, as far as they are known here. */
async function termsOf(work: Work): Promise<Omit<KeyTerms, 'rounded'>> {
  work.terms ??= termsIn(await currentRecord(work), work.connection.provider.manifest);
  return work.terms;
}

const termsIn = (before: KeyRecord, manifest: Manifest): Omit<KeyTerms, 'rounded'> => ({
  scopes: before.scopes.length > 0 ? before.scopes : manifest.scopes.default,
  lifetime: termOf(before, manifest),
  metadata: before.metadata,
  allowedIps: before.allowedIps,
});

/** Most services leave the name as it is when they rotate; then the answer's label is the old one. */
function rotateInput(work: Work): { id: string; name: string; overlap: number; label?: string } {
  const { planned, attempt } = work.progress;
  const base = attempt.base ?? planned.old;
  const { rotate } = work.connection.provider.manifest.operations;
  const renames = rotate?.mode === 'api' && JSON.stringify(rotate.request).includes('{name}');
  // A successor whose secret was lost need not live on.
  const overlap = attempt.base ? 0 : (planned.plan.overlap ?? 0);
  return { id: base.id, name: planned.name, overlap, ...(renames ? {} : { label: base.label }) };
}

/** Services that do not tell a key's scopes have given those that were asked for. */
async function withTerms(work: Work, made: CreatedKey): Promise<NewKey> {
  const terms = await termsOf(work);
  const facts = factsOf(made);
  const prefix = made.prefix ?? work.connection.provider.displayPrefix(made.secret);
  return {
    ...facts,
    prefix,
    scopes: made.scopes.length > 0 ? made.scopes : terms.scopes,
    metadata: Object.keys(made.metadata).length > 0 ? made.metadata : terms.metadata,
    allowedIps: made.allowedIps.length > 0 ? made.allowedIps : terms.allowedIps,
  };
}

const factsOf = ({ id, label, prefix, scopes, createdAt, expiresAt, metadata, allowedIps }: RemoteKey): NewKey => ({
  id,
  label,
  prefix,
  scopes,
  createdAt,
  expiresAt,
  metadata,
  allowedIps,
});

async function createByHand(work: Work): Promise<undefined> {
  await keepGiven(work, await askForKey(work));
  return undefined;
}

/** The steps in the dashboard, and the key that the person made there. Throws `usage` for none, or one that cannot be it. */
export async function askForKey(work: Work): Promise<Secret> {
  const { provider } = work.connection;
  const { name } = work.progress.planned;
  const { create: byCreate, rotate } = provider.operations;
  const { guide } = work.ports;
  const input = await inputOf(work);
  const title = `Make the new key for "${name}" at ${provider.title}`;
  if (rotate.mode === 'assisted') await guide.show(title, rotate.guide({ ...input, ...rotateInput(work) }));
  else if (byCreate.mode === 'assisted') await guide.show(title, byCreate.guide(input));
  if (provider.manifest.rules.maxActive !== undefined && work.progress.planned.plan.order === 'create-first') {
    guide.note(typed`If a second key is refused there: mcpkey rotate ${work.ref} --order revoke-first`);
  }
  const value = await guide.takeSecret(typed`printf %s "$KEY" | mcpkey rotate ${work.ref} --stdin`);
  provider.checkForm(value);
  if ((await readOld(work))?.reveal() === value.reveal()) {
    throw new UserError('usage', `This is the old key of ${work.ref}, not a new one.`, {
      hint: 'Make a new key in the dashboard, and give that one.',
    });
  }
  return value;
}

export async function keepGiven(work: Work, value: Secret): Promise<void> {
  const { name } = work.progress.planned;
  const terms = { ...(await termsOf(work)), rounded: false };
  const prefix = work.connection.provider.displayPrefix(value);
  const remote = assistedRemote({ name, terms }, value, prefix, work.context.now());
  await record(work, { step: 'created', at: timeNow(work), key: factsOf(remote) });
  work.fresh = value;
  work.given = true;
}
