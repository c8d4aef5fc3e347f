/** What placing the prepared targets does to the bytes of the files and to the ledger; nothing is written here. */
import { readEntry } from '../clients/formats/index.ts';
import type { Context } from '../context.ts';
import type { Credential } from '../keys/credential.ts';
import type { Placement } from '../ledger.ts';
import { bindingsBetween, type WantedBinding } from './bindings.ts';
import { allPlacements, isSamePlace } from './book.ts';
import type { Plan } from './change-files.ts';
import { bytesIn, type Draft, handTo, openDraft, planOf, putInto } from './draft.ts';
import { remnantRows } from './remnants.ts';
import { maskedDiff, rowOf } from './rows.ts';
import { ENV_FILE, type PlaceWish, type PreparedTarget } from './target.ts';
import type { BindingChange, OwnedPlacement } from './types.ts';
import { isOurs } from './unplace.ts';

const SECRET_FILE = 0o600;
/** A project's file is shared: it gets what the person's umask would give a new file, not 0600. */
const SHARED_FILE = 0o644;

/** What one credential puts where. */
export interface PlaceJob {
  readonly credential: Credential;
  readonly wish: PlaceWish;
  readonly prepared: readonly PreparedTarget[];
}

export interface PlacePlan extends Plan {
  readonly warnings: readonly string[];
}

/** Throws what a put throws, and `conflict` where a binding would have to stand for two keys. */
export async function planJobs(
  context: Context,
  jobs: readonly PlaceJob[],
  bytes: ReadonlyMap<string, Buffer | undefined>,
  wanted: readonly WantedBinding[] = [],
): Promise<PlacePlan> {
  const draft = openDraft(bytes, await allPlacements(context));
  const absent: string[] = [];
  for (const { credential, wish, prepared } of jobs) {
    for (const target of prepared) {
      const { realPath } = target;
      const missing = bytesIn(draft, realPath) === undefined;
      await planOne(context, credential, draft, { wish, target });
      if (target.absent && missing && bytesIn(draft, realPath)) absent.push(target.absent);
    }
  }
  draft.rows.push(
    ...remnantRows(
      draft,
      jobs.flatMap(({ prepared }) => prepared),
    ),
  );
  const [first, ...others] = wanted;
  draft.bindings.push(...(await bindingsBetween(context, [draft.book, draft.next], first)));
  for (const one of others) {
    const known = ({ project, server }: BindingChange) => project === one.project && server === one.server;
    if (draft.bindings.some(known)) continue;
    draft.bindings.push(...(await bindingsBetween(context, [draft.next, draft.next], one)));
  }
  return { ...planOf(draft), warnings: [...absent, ...displaced(draft)] };
}

async function planOne(
  context: Context,
  credential: Credential,
  draft: Draft,
  { wish, target }: { wish: PlaceWish; target: PreparedTarget },
): Promise<void> {
  const { client, mode, server, place, realPath, entry, scope } = target;
  const before = bytesIn(draft, realPath);
  const owned = {
    ref: credential.ref,
    keyId: credential.record?.id ?? null,
    secret: credential.record?.secret ?? null,
    placement: placementOf(context, wish, target),
  };
  const { moved } = target;
  const there = await readEntry(before, place, server);
  if (moved && (there === undefined || !isOurs(there, moved, wish.ref))) {
    handTo(draft, moved, owned);
    return;
  }
  const changed = await putInto(draft, {
    realPath,
    place,
    entry: isColleagues(wish, target, there) ? there : entry,
    written: target.written ?? entry,
    force: wish.options.force ?? false,
    gone: target.gone,
    read: client.read,
    mode: mode === 'plain' ? SECRET_FILE : undefined,
    freshMode: scope === 'project' ? SHARED_FILE : SECRET_FILE,
    owned,
  });
  const diff = changed ? await maskedDiff(place, before, bytesIn(draft, realPath)) : '';
  draft.rows.push(rowOf({ path: place.path, server, mode }, client, { changed, diff }));
}

/**
 * A project's entry that starts mcpkey for this very binding, and nothing else, stays as it is: another version, or a
 * colleague, may have written it in another way, and everyone has it from that file. What says more (an address, a
 * variable) is not trusted with a key.
 */
function isColleagues({ ref, options }: PlaceWish, { scope, mode, client }: PreparedTarget, there: unknown): boolean {
  if (scope !== 'project' || options.mode !== undefined || options.force || mode !== 'proxy' || !client.read)
    return false;
  const { url, headers, command, args, env } = client.read(there);
  const bare =
    url === undefined &&
    Object.keys({ ...headers, ...env }).length === 0 &&
    Object.entries(there ?? {}).every(isHarmless);
  return bare && command === 'mcpkey' && args.length === 2 && args[0] === 'proxy' && args[1] === ref;
}

/** A time limit or a switch; a text may name a file of variables, or another folder. */
const isHarmless = ([name, value]: [string, unknown]): boolean =>
  ['type', 'name', 'command', 'args'].includes(name) || typeof value === 'number' || typeof value === 'boolean';

function placementOf(
  context: Context,
  { machine }: PlaceWish,
  { client, scope, mode, server, variable, place }: PreparedTarget,
): Omit<Placement, 'made' | 'digest' | 'fields'> {
  return {
    client: client.id,
    path: place.path,
    server,
    mode,
    host: context.host,
    scope,
    dir: scope === 'project' || scope === 'local' ? machine.dir : null,
    variable: client.id === ENV_FILE ? server : variable,
    placedAt: new Date(context.now()).toISOString(),
  };
}

/** A line for each entry that was another key's until now. */
function displaced({ book, next }: Draft): string[] {
  return book.flatMap((owned: OwnedPlacement) => {
    const { ref: old, placement } = owned;
    const now = next.includes(owned) ? undefined : next.find((other) => isSamePlace(other.placement, placement));
    if (now === undefined || now.ref === old) return [];
    const { server, path } = placement;
    return `"${server}" in ${path} was ${old}'s until now; it is ${now.ref}'s, and ${old} is no longer used there.`;
  });
}
