/** The entry as a person pastes it, for clients whose file is elsewhere or unknown. */
import { loadFormat } from '../clients/formats/index.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { Credential } from '../keys/credential.ts';
import type { WantedBinding } from './bindings.ts';
import { changeFiles } from './change-files.ts';
import { filesOf } from './machine.ts';
import { prepareMoves, wantedBinding } from './move.ts';
import { startable, wishOf } from './place.ts';
import { type PlacePlan, planJobs } from './plan.ts';
import { clientOf, isClientTarget, type PlaceWish, type PreparedTarget, prepareIn } from './target.ts';
import type { PlaceOptions } from './types.ts';
import { refuseUnused } from './unused.ts';

export interface EntryPreview {
  readonly client: string;
  /** Null where the client keeps its servers in no file. */
  readonly path: string | null;
  readonly server: string;
  readonly mode: PreparedTarget['mode'];
  /** The table with the entry in it, in the file's own format. */
  readonly text: string;
  readonly reload: string;
}

/**
 * What would be written, for pasting. What the entry starts is made, and a project's binding too, since a pasted entry
 * needs both; no file of a client is touched. Throws `usage` where the entry would show the key.
 */
export async function previewEntries(
  context: Context,
  credential: Credential,
  targets: readonly string[],
  options: PlaceOptions,
): Promise<{ previews: readonly EntryPreview[]; warnings: readonly string[] }> {
  if (options.mode === 'plain' || !targets.every(isClientTarget)) {
    throw new UserError('usage', '--print shows no key.', {
      hint: 'Leave --print out, or take the key with: mcpkey get KEY',
    });
  }
  const wish = await wishOf(context, credential, targets, options);
  const prepared: PreparedTarget[] = [];
  for (const id of new Set(targets)) prepared.push(await preparePaste(context, credential, id, wish));
  await refuseUnused(context, credential.ref, wish, prepared);
  const told = await startable(context, wish, prepared);
  const wanted = wantedBinding(credential, wish, prepared);
  const bound = wanted && (await bind(context, credential, wish, wanted));
  const previews: EntryPreview[] = [];
  for (const target of prepared) {
    const { client, place, server, mode } = target;
    const { id, reload } = client;
    previews.push({
      client: id,
      path: place.path === NO_FILE ? null : place.path,
      server,
      mode,
      text: await printed(target),
      reload,
    });
  }
  return { previews, warnings: [...told, ...wish.warnings, ...(bound?.warnings ?? [])] };
}

async function bind(
  context: Context,
  credential: Credential,
  wish: PlaceWish,
  wanted: WantedBinding,
): Promise<PlacePlan> {
  const prepared = await prepareMoves(context, credential, wish, { prepared: [], wanted });
  const changed = await changeFiles(context, {
    command: 'place',
    ref: credential.ref,
    paths: prepared.map(({ realPath }) => realPath),
    plan: (bytes) => planJobs(context, [{ credential, wish, prepared }], bytes, [wanted]),
  });
  return changed.plan;
}

const NO_FILE = '';

/** For the first file of the scope, were it there or not; else for the form that the client gives. Throws `unsupported`. */
async function preparePaste(
  context: Context,
  credential: Credential,
  id: string,
  wish: PlaceWish,
): Promise<PreparedTarget> {
  const client = await clientOf(context, id);
  const { machine, scope } = wish;
  const none = client.paste && { ...client.paste, scope, path: NO_FILE };
  const file = client.files(machine).find((each) => each.scope === scope && !each.aside) ?? none;
  const [target] = file ? await prepareIn(context, credential, { client, file }, wish) : [];
  if (target) return target;
  filesOf(client, scope, machine);
  throw new Error(`${id} has files of the ${scope} scope and none to print for`);
}

/** The tables with the entry alone in them; a local scope's table is below the project's folder, which is left out. */
async function printed({ place, server, entry, scope }: PreparedTarget): Promise<string> {
  const table = place.named === undefined ? { [server]: entry } : [entry];
  const { print } = await loadFormat(place.format);
  return print(
    place.servers.slice(scope === 'local' ? -1 : 0).reduceRight<unknown>((inner, key) => ({ [key]: inner }), table),
  );
}
