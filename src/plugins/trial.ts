/** Tries a provider on a live or sandbox service: each operation, each error that it tells apart, and no secret astray. */
import { randomBytes } from 'node:crypto';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { ApiCall, CreatedKey, CreateInput, Provider, RemoteRef } from '../providers/types.ts';
import type { Secret } from '../secret.ts';
import { createSteps, type TrialRow } from './steps.ts';
import { tryErrors } from './trial-errors.ts';
import { seeAccepted, seeRefused } from './trial-mcp.ts';
import { callWith, type Run, type Trial } from './trial-run.ts';

export type { TrialRow } from './steps.ts';

const DAY = 86_400_000;

/** Makes one key and revokes it again, whatever fails between. */
export async function tryProvider(context: Context, trial: Trial): Promise<readonly TrialRow[]> {
  const answers: Run['answers'] = [];
  const api = callWith(context, trial.provider, trial.token);
  const call: ApiCall = async (request) => {
    const answer = await api(request);
    answers.push({ operation: request.operation, answer });
    return answer;
  };
  const run: Run = { ...trial, context, steps: createSteps(trial.report), answers, call };
  const created = await tryCreate(run);
  if (created) {
    await tryReading(run, created.key);
    const last = (await tryRotate(run, created)) ?? created.key;
    await tryRevoke(run, last);
  }
  await tryUsage(run);
  await tryErrors(run);
  if (created) await run.steps.check('secrets', () => searchSecret(run, created.key.secret));
  return run.steps.rows;
}

async function tryCreate(run: Run): Promise<{ key: CreatedKey; input: CreateInput } | undefined> {
  const { create } = run.provider.operations;
  if (create.mode !== 'api') {
    run.steps.skip('create', create.mode === 'assisted' ? 'done by hand' : create.reason);
    return undefined;
  }
  const input = trialInput(run.provider);
  const key = await run.steps.check('create', async () => {
    const made = await create.run(run.call, input);
    run.provider.checkForm(made.secret);
    const { mark } = run.provider.manifest.key.mark === 'name' ? run.provider.readLabel(made.label) : input;
    if (mark !== input.mark)
      throw new UserError('bad_response', `the label came back as "${made.label}", without its mark`);
    return { value: made, seen: `id ${made.id}, label "${made.label}"` };
  });
  return key && { key, input };
}

function trialInput(provider: Provider): CreateInput {
  const mark = randomBytes(4).toString('hex');
  const { expiry } = provider.manifest.key;
  return {
    label: provider.markLabel('mcpkey-test', mark),
    mark,
    scopes: provider.manifest.scopes.default,
    lifetime: expiry ? DAY : undefined,
    metadata: {},
    allowedIps: [],
  };
}

async function tryReading(run: Run, key: CreatedKey): Promise<void> {
  const { get } = run.provider.operations;
  await run.steps.check('list', async () => {
    const listed = await findListed(run, key.id);
    if (!listed) throw new UserError('bad_response', `the new key (id ${key.id}) is not in the list`);
    if (listed.label !== key.label) throw new UserError('bad_response', `the list calls the new key "${listed.label}"`);
    return { value: undefined, seen: `${listed.status}, "${listed.label}"` };
  });
  if (get.mode === 'api') {
    await run.steps.check('get', async () => {
      const got = await get.run(run.call, refOf(key));
      if (got.id !== key.id) throw new UserError('bad_response', `it answered with the key ${got.id}`);
      return { value: undefined, seen: got.status };
    });
  }
  await run.steps.check('mcp', () => seeAccepted(run, key.secret));
}

async function findListed(run: Run, id: string) {
  const { list } = run.provider.operations;
  if (list.mode !== 'api') return undefined;
  for await (const page of await list.run(run.call, undefined)) {
    const found = page.find((key) => key.id === id);
    if (found) return found;
  }
  return undefined;
}

const refOf = (key: { id: string; label: string }): RemoteRef => ({ id: key.id, label: key.label, name: key.label });

async function tryRotate(
  run: Run,
  { key, input }: { key: CreatedKey; input: CreateInput },
): Promise<CreatedKey | undefined> {
  const { rotate } = run.provider.operations;
  if (rotate.mode !== 'api') return undefined;
  return run.steps.check('rotate', async () => {
    const fresh = await rotate.run(run.call, { ...refOf(key), ...input, overlap: 0 });
    if (fresh.secret.reveal() === key.secret.reveal()) throw new UserError('bad_response', 'the secret is the old one');
    return { value: fresh, seen: `id ${fresh.id}` };
  });
}

async function tryRevoke(run: Run, key: CreatedKey): Promise<void> {
  const { revoke } = run.provider.operations;
  if (revoke.mode !== 'api') {
    run.steps.skip('revoke', `done by hand: the key "${key.label}" (id ${key.id}) is still active`);
    return;
  }
  await run.steps.check('revoke', async () => {
    await revoke.run(run.call, refOf(key));
    const listed = await findListed(run, key.id);
    if (listed?.status === 'active') throw new UserError('bad_response', 'the list still calls the key active');
    return { value: undefined, seen: listed ? listed.status : 'gone from the list' };
  });
  await run.steps.check('mcp.revoked', () => seeRefused(run, key.secret));
}

async function tryUsage(run: Run): Promise<void> {
  const { usage } = run.provider.operations;
  if (usage.mode !== 'api') return run.steps.skip('usage', usage.mode === 'assisted' ? 'done by hand' : usage.reason);
  await run.steps.check('usage', async () => {
    const history = run.provider.manifest.operations.usage;
    const single = history.mode === 'api' && history.history !== undefined;
    const report = await usage.run(run.call, { days: 7, page: 1, history: single });
    return { value: undefined, seen: `${report.totalCalls} calls` };
  });
}

/** The secret comes out of create (and rotate) and nothing else. */
async function searchSecret(run: Run, made: Secret) {
  const leak = run.answers.find(
    ({ operation, answer }) => operation !== 'create' && operation !== 'rotate' && answer.text.includes(made.reveal()),
  );
  if (leak) throw new UserError('bad_response', `the answer to "${leak.operation}" holds the whole key`);
  return { value: undefined, seen: `in no other of ${run.answers.length} answers` };
}
