/** Places a credential: the entries of one command, in all files or in none. */
import type { Context } from '../context.ts';
import type { Credential } from '../keys/credential.ts';
import { refOf } from '../keys/refs.ts';
import type { KeyRecord } from '../ledger.ts';
import type { Secret } from '../secret.ts';
import { readRegular } from '../system/files.ts';
import { which } from '../system/run.ts';
import type { WantedBinding } from './bindings.ts';
import { carriedEnv } from './carried.ts';
import { changeFiles } from './change-files.ts';
import { startsMcpkey } from './entry.ts';
import { refuseTracked } from './git.ts';
import { HOOK, tryHook } from './hook.ts';
import { ensureLauncher, launcherOf } from './launcher.ts';
import { machineOf, projectFolder } from './machine.ts';
import { prepareMoves, wantedBinding } from './move.ts';
import { type PlaceJob, type PlacePlan, planJobs } from './plan.ts';
import { bindingRef, checkName, projectName } from './project.ts';
import { renewPlacements } from './renew.ts';
import { replacedLines } from './replaced.ts';
import { isClientTarget, type PlaceWish, type PreparedTarget } from './target.ts';
import { prepareTargets } from './together.ts';
import type { LiftedKey, PlacementReport, PlaceOptions } from './types.ts';
import { refuseUnused } from './unused.ts';

/** `targets` are ids of clients, `env-file` or `hook`. Throws before anything is written, or with everything put back. */
export async function placeCredential(
  context: Context,
  credential: Credential,
  targets: readonly string[],
  options: PlaceOptions = {},
): Promise<PlacementReport> {
  const wish = await wishOf(context, credential, targets, options);
  const named = await prepareTargets(context, credential, [...new Set(targets)], wish);
  await refuseUnused(context, credential.ref, wish, named);
  const wanted = wantedBinding(credential, wish, named);
  const prepared = [...named, ...(await prepareMoves(context, credential, wish, { prepared: named, wanted }))];
  if (!options.force) {
    for (const { client, mode, realPath } of prepared) {
      if (mode === 'plain' && client.id !== HOOK) await refuseTracked(context, realPath);
    }
  }
  const warnings = [...new Set(prepared.flatMap((target) => target.warnings)), ...wish.warnings];
  const plan = (bytes: ReadonlyMap<string, Buffer | undefined>) =>
    planJobs(context, [{ credential, wish, prepared }], bytes, wanted && [wanted]);
  const paths = prepared.map((target) => target.realPath);
  const hooks = prepared.filter(({ client }) => client.id === HOOK);
  if (options.dryRun || hooks.length > 0) {
    const bytes = new Map<string, Buffer | undefined>();
    for (const path of paths) bytes.set(path, await readRegular(path));
    const { rows, warnings: told, ledger } = await plan(bytes);
    if (options.dryRun)
      return { changes: rows, warnings: [...warnings, ...told, ...replacedLines(ledger)], id: undefined };
  }
  const carriesKey = prepared.some(({ mode }) => mode === 'plain');
  const carried = carriesKey && credential.record ? await credential.read() : undefined;
  for (const { entry } of hooks) await runNow(context, credential, entry);
  const told = await startable(context, wish, prepared);
  const changed = await changeFiles(context, { command: options.command ?? 'place', ref: credential.ref, paths, plan });
  const { rows, warnings: planned, ledger } = changed.plan;
  const replaced = replacedLines(ledger);
  const renewed =
    credential.record && carried
      ? await renewIfRotated(context, { record: credential.record, old: carried, hooks })
      : [];
  return {
    changes: rows,
    warnings: [...told, ...warnings, ...planned, ...replaced, ...changed.warnings, ...renewed],
    id: changed.id,
  };
}

interface Carried {
  readonly record: KeyRecord;
  readonly old: Secret;
  readonly hooks: readonly PreparedTarget[];
}

/** A rotation that looked before the ledger had this placement did not renew it: then the key it carries is the old one. */
export async function renewIfRotated(
  context: Context,
  { record: { profile, name, secret }, old, hooks }: Carried,
): Promise<string[]> {
  const record = await context.ledger.key(profile, name);
  if (!record?.secret || record.secret === secret) return [];
  const fresh = await context.vault.read(profile, record.secret);
  if (!fresh || fresh.reveal() === old.reveal()) return [];
  const next = { id: record.id, secret: record.secret };
  const { warnings } = await renewPlacements(context, { record, old, fresh, next });
  for (const { entry } of hooks) await tryHook(context, { ref: refOf(record), newId: record.id }, entry, fresh);
  return [...warnings];
}

/**
 * Places several credentials at once: every file of every job, or none. `lifted`: what stands in clear in the bytes of
 * before, so that undo brings back no dead key. Without hooks and env files.
 */
export async function placeJobs(
  context: Context,
  jobs: readonly PlaceJob[],
  { command, ref = null, lifted, wanted, dryRun = false }: JobOptions,
): Promise<PlacementReport> {
  const warnings = new Set(
    jobs.flatMap(({ wish, prepared }) => [...prepared.flatMap((target) => target.warnings), ...wish.warnings]),
  );
  const paths = jobs.flatMap(({ prepared }) => prepared.map(({ realPath }) => realPath));
  const plan = async (bytes: ReadonlyMap<string, Buffer | undefined>): Promise<PlacePlan> => ({
    ...(await planJobs(context, jobs, bytes, wanted)),
    lifted,
  });
  if (dryRun) {
    const bytes = new Map<string, Buffer | undefined>();
    for (const path of paths) bytes.set(path, await readRegular(path));
    const { rows, warnings: told } = await plan(bytes);
    return { changes: rows, warnings: [...warnings, ...told], id: undefined };
  }
  const told: string[] = [];
  for (const { wish, prepared } of jobs) told.push(...(await startable(context, wish, prepared)));
  const changed = await changeFiles(context, { command, ref, paths, plan });
  const { rows, warnings: planned } = changed.plan;
  const lines = new Set([...told, ...warnings, ...planned, ...changed.warnings]);
  return { changes: rows, warnings: [...lines], id: changed.id };
}

export interface JobOptions {
  /** Word in the history. */
  readonly command: string;
  readonly ref?: string | null | undefined;
  readonly lifted?: readonly LiftedKey[] | undefined;
  /** Bindings that are made whether something is placed or not. */
  readonly wanted?: readonly WantedBinding[] | undefined;
  readonly dryRun?: boolean | undefined;
}

const runNow = async (context: Context, credential: Credential, entry: unknown): Promise<void> =>
  tryHook(context, { ref: credential.ref, newId: credential.record?.id ?? '' }, entry, await credential.read());

export async function wishOf(
  context: Context,
  credential: Credential,
  targets: readonly string[],
  options: PlaceOptions,
): Promise<PlaceWish> {
  const scope = options.scope ?? 'user';
  const dir = await projectFolder(context, options.dir);
  const server = checkName(options.name ?? credential.profile.name, 'The server name');
  const project = scope === 'project' ? await projectName(dir) : undefined;
  const startsOurs = targets.some(isClientTarget) && options.mode !== 'env' && options.mode !== 'plain';
  const needsEnv = scope !== 'project' && startsOurs;
  const carried = needsEnv ? await carriedEnv(context, credential) : { env: {}, warnings: [] };
  return {
    machine: machineOf(context, dir),
    scope,
    server,
    options,
    project,
    ref: project === undefined ? credential.ref : bindingRef(project, server),
    launcher: launcherOf(context),
    env: carried.env,
    warnings: carried.warnings,
  };
}

/** Sees to it that what the entries start is there. Resolves to what there is to say about it. */
export async function startable(
  context: Context,
  { scope }: Pick<PlaceWish, 'scope'>,
  prepared: readonly PreparedTarget[],
): Promise<string[]> {
  if (!prepared.some((target) => startsMcpkey(target.mode))) return [];
  if (scope !== 'project') {
    const { told } = await ensureLauncher(context);
    return told === undefined ? [] : [told];
  }
  const found = await which('mcpkey', context.env);
  return found
    ? []
    : ['The entry starts "mcpkey" by name, and there is none on PATH here: npm install --global mcpkey'];
}
