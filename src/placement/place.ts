/** Places a credential: the entries of one command, in all files or in none. */
import type { Context } from '../context.ts';
import type { Credential } from '../keys/credential.ts';
import { readRegular } from '../system/files.ts';
import { which } from '../system/run.ts';
import { bindingFor } from './bindings.ts';
import { allPlacements } from './book.ts';
import { carriedEnv } from './carried.ts';
import { changeFiles, type Plan } from './change-files.ts';
import { bytesIn, openDraft, planOf, putInto } from './draft.ts';
import { startsMcpkey } from './entry.ts';
import { refuseTracked } from './git.ts';
import { HOOK, tryHook } from './hook.ts';
import { ensureLauncher, launcherOf } from './launcher.ts';
import { machineOf, projectFolder } from './machine.ts';
import { bindingRef, checkName, projectName } from './project.ts';
import { maskedDiff, rowOf } from './rows.ts';
import { ENV_FILE, isClientTarget, type PlaceWish, type PreparedTarget, prepareTarget } from './target.ts';
import type { BindingChange, PlacementReport, PlaceOptions } from './types.ts';

const SECRET_FILE = 0o600;
/** A project's file is shared: it gets what the person's umask would give a new file, not 0600. */
const SHARED_FILE = 0o644;

/** `targets` are ids of clients, `env-file` or `hook`. Throws before anything is written, or with everything put back. */
export async function placeCredential(
  context: Context,
  credential: Credential,
  targets: readonly string[],
  options: PlaceOptions = {},
): Promise<PlacementReport> {
  const wish = await wishOf(context, credential, targets, options);
  const prepared: PreparedTarget[] = [];
  for (const id of new Set(targets)) prepared.push(...(await prepareTarget(context, credential, id, wish)));
  const binding = await bindingFor(context, credential, wish, prepared);
  if (!options.force) {
    for (const { client, mode, realPath } of prepared) {
      if (mode === 'plain' && client.id !== HOOK) await refuseTracked(context, realPath);
    }
  }
  const warnings = [...new Set(prepared.flatMap((target) => target.warnings)), ...wish.warnings];
  const plan = (bytes: ReadonlyMap<string, Buffer | undefined>) =>
    planTargets(context, credential, { wish, prepared, bytes, binding });
  const paths = prepared.map((target) => target.realPath);
  const hooks = prepared.filter(({ client }) => client.id === HOOK);
  if (options.dryRun || hooks.length > 0) {
    const bytes = new Map<string, Buffer | undefined>();
    for (const path of paths) bytes.set(path, await readRegular(path));
    const { rows } = await plan(bytes);
    if (options.dryRun) return { changes: rows, warnings, id: undefined };
  }
  for (const { entry } of hooks) await runNow(context, credential, entry);
  const told = await startable(context, wish, prepared);
  const changed = await changeFiles(context, { command: options.command ?? 'place', ref: credential.ref, paths, plan });
  return { changes: changed.plan.rows, warnings: [...told, ...warnings, ...changed.warnings], id: changed.id };
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

interface Planning {
  readonly wish: PlaceWish;
  readonly prepared: readonly PreparedTarget[];
  readonly bytes: ReadonlyMap<string, Buffer | undefined>;
  readonly binding: BindingChange | undefined;
}

async function planTargets(
  context: Context,
  credential: Credential,
  { wish, prepared, bytes, binding }: Planning,
): Promise<Plan> {
  const draft = openDraft(bytes, await allPlacements(context));
  if (binding) draft.bindings.push(binding);
  for (const target of prepared) {
    const { client, scope, mode, server, variable, place, realPath, entry } = target;
    const before = bytesIn(draft, realPath);
    const inFolder = scope === 'project' || scope === 'local';
    const changed = putInto(draft, {
      realPath,
      place,
      entry,
      force: wish.options.force ?? false,
      mode: mode === 'plain' ? SECRET_FILE : undefined,
      freshMode: scope === 'project' ? SHARED_FILE : SECRET_FILE,
      owned: {
        ref: credential.ref,
        keyId: credential.record?.id ?? null,
        secret: credential.record?.secret ?? null,
        placement: {
          client: client.id,
          path: place.path,
          server,
          mode,
          host: context.host,
          scope,
          dir: inFolder ? wish.machine.dir : null,
          variable: client.id === ENV_FILE ? server : variable,
          placedAt: new Date(context.now()).toISOString(),
        },
      },
    });
    const diff = changed ? maskedDiff(place, before, bytesIn(draft, realPath)) : '';
    draft.rows.push(rowOf({ path: place.path, server, mode }, client, { changed, diff }));
  }
  return planOf(draft);
}
