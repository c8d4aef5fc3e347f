/** Brings the new key to where it is used: files that hold the key itself, all or none, then hooks one by one. */
import { UserError } from '../../errors.ts';
import type { KeyRecord, Placement } from '../../ledger.ts';
import { handOn } from '../../placement/hand-on.ts';
import { HOOK, type HookRun, runHooks } from '../../placement/hook.ts';
import { renewPlacements } from '../../placement/renew.ts';
import type { RotationRecord } from '../records.ts';
import { readFresh, readOld, record, timeNow, type Work } from '../work.ts';
import { recordOrReject } from './meanwhile.ts';

/** That both steps are done, where there is nothing in them to do; else nothing. */
export async function nothingToPlace(work: Work): Promise<readonly RotationRecord[]> {
  const { profile, name, onRotated } = work.progress.planned;
  const known = await work.context.ledger.key(profile, name);
  if (known?.placements.length !== 0 || onRotated !== null) return [];
  const at = timeNow(work);
  return [
    { step: 'placed', at },
    { step: 'hooked', at, hooks: [] },
  ];
}

/** Throws as a placement does, with every file as it was. */
export async function place(work: Work): Promise<undefined> {
  const { created, attempt } = work.progress;
  const known = await recordOrReject(work);
  if (!known) return undefined;
  const next = { id: created?.id ?? known.id, secret: attempt.secret };
  const fresh = await readFresh(work);
  const report = await renewPlacements(work.context, { record: known, old: await readOld(work), fresh, next });
  work.placements = report.changes;
  work.warnings.push(...report.warnings);
  await record(work, { step: 'placed', at: timeNow(work) });
  return undefined;
}

/**
 * What was placed between those steps and the promotion carries the old key still. `promoted`: the record from now on, so
 * that whatever is placed later carries the new one. Throws as a placement does.
 */
export async function placeLate(work: Work, promoted: KeyRecord): Promise<void> {
  if (promoted.placements.length === 0) return;
  const next = { id: promoted.id, secret: work.progress.attempt.secret };
  const renewal = { record: promoted, old: await readOld(work), fresh: await readFresh(work), next };
  const { changes, warnings } = await renewPlacements(work.context, renewal);
  work.placements = [...work.placements, ...changes.filter(({ changed }) => changed)];
  work.warnings.push(...warnings.filter((warning) => !work.warnings.includes(warning)));
  await runHooks(work.context, promoted.placements.filter(isLate(work)), hookRun(work, promoted), renewal.fresh);
}

/** Placed since it was looked which hooks there are, or under the name of one that was run. */
const isLate =
  ({ progress: { hooked } }: Work) =>
  ({ client, server, placedAt }: Placement): boolean =>
    client === HOOK && hooked !== undefined && (!hooked.hooks?.includes(server) || placedAt >= hooked.at);

const hookRun = ({ ref, progress: { planned, created } }: Work, known: KeyRecord): HookRun => ({
  ref,
  oldId: planned.old.id,
  newId: created?.id ?? known.id,
});

/** Hooks one by one, then the command of this run. Throws `refused` where one fails; done twice they do no harm. */
export async function hook(work: Work): Promise<undefined> {
  const { context } = work;
  const { onRotated, host, dir = context.cwd } = work.progress.planned;
  const at = timeNow(work);
  const known = await recordOrReject(work);
  if (!known) return undefined;
  const run = hookRun(work, known);
  const fresh = await readFresh(work);
  await runHooks(context, known.placements, run, fresh);
  if (onRotated !== null) {
    if (host !== context.host) throw waitsElsewhere(work, host);
    const handing = { ...run, command: onRotated, dir, hint: 'Mend it, then: mcpkey rotate --resume' };
    await handOn(context, handing, fresh);
  }
  const hooks = known.placements.filter(({ client }) => client === HOOK).map(({ server }) => server);
  await record(work, { step: 'hooked', at, hooks });
  return undefined;
}

/** A command is run by the machine alone that it was given to. */
const waitsElsewhere = ({ ref }: Work, host: string) =>
  new UserError('unsupported', `A command of ${host} waits for the new key of ${ref}.`, {
    hint: `On ${host}: mcpkey rotate --resume`,
  });
