/** Writes mcpkey.json from what is placed here. */
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { KeyRecord } from '../ledger.ts';
import { allPlacements } from '../placement/book.ts';
import { changeFiles } from '../placement/change-files.ts';
import { projectFolder } from '../placement/machine.ts';
import { PROJECT_FILE, projectName } from '../placement/project.ts';
import { isClientTarget } from '../placement/target.ts';
import type { OwnedPlacement } from '../placement/types.ts';
import { bindProfile } from '../session/connect.ts';
import type { ProjectInput } from './schema.ts';

export interface WrittenProject {
  readonly path: string;
  readonly file: ProjectInput;
  /** What could not be written into it, and why; each one line. */
  readonly left: readonly string[];
  readonly warnings: readonly string[];
}

const DAY = 86_400_000;
/** Other people have the project's file: it gets what the person's umask would give a new one. */
const SHARED_FILE = 0o644;

/** Throws `conflict` where there is such a file, `not_found` where nothing is placed here. */
export async function initProject(context: Context): Promise<WrittenProject> {
  const dir = await projectFolder(context, undefined);
  const path = join(dir, PROJECT_FILE);
  const { servers, left } = await serversHere(context, dir);
  const file: ProjectInput = { name: await projectName(dir), servers };
  const plan = async (bytes: ReadonlyMap<string, Buffer | undefined>) => {
    if (bytes.get(path) !== undefined) {
      throw new UserError('conflict', `${path} is there already.`, { hint: 'Edit it, or move it away first.' });
    }
    const after = Buffer.from(`${JSON.stringify(file, null, 2)}\n`);
    const ledger = { added: [], removed: [], bindings: [] };
    return { files: [{ path, format: 'json' as const, after, freshMode: SHARED_FILE }], ledger, rows: [] };
  };
  const { warnings } = await changeFiles(context, { command: 'init', ref: null, paths: [path], plan });
  return { path, file, left, warnings };
}

/** What stands in this folder's own files; where that is nothing, what stands in the user's. */
async function serversHere(
  context: Context,
  dir: string,
): Promise<{ servers: ProjectInput['servers']; left: readonly string[] }> {
  const here = (await allPlacements(context)).filter(
    ({ placement }) => placement.host === context.host && isClientTarget(placement.client),
  );
  const own = here.filter(({ placement }) => placement.scope !== 'user' && placement.dir === dir);
  const taken = own.length > 0 ? own : here.filter(({ placement }) => placement.scope === 'user');
  if (taken.length === 0) {
    throw new UserError('not_found', 'mcpkey has placed no server here.', {
      hint: 'mcpkey setup PROVIDER --place CLIENT --project   and then: mcpkey init',
    });
  }
  const servers: ProjectInput['servers'] = {};
  const left: string[] = [];
  for (const [name, placements] of byServer(taken)) {
    const described = await describe(context, placements);
    if (typeof described === 'string') left.push(`${name}: ${described}`);
    else servers[name] = described;
  }
  if (Object.keys(servers).length === 0) {
    throw new UserError('not_found', `Nothing that is placed here can be in a ${PROJECT_FILE}: ${left.join('; ')}.`, {
      hint: 'mcpkey setup PROVIDER --place CLIENT --project   and then: mcpkey init',
    });
  }
  return { servers, left };
}

function byServer(owned: readonly OwnedPlacement[]): ReadonlyMap<string, readonly OwnedPlacement[]> {
  const servers = new Map<string, OwnedPlacement[]>();
  for (const one of owned) {
    const { server } = one.placement;
    servers.set(server, [...(servers.get(server) ?? []), one]);
  }
  return servers;
}

type Described = ProjectInput['servers'][string];

/** A text says why it cannot be in a file that others use. */
async function describe(context: Context, placements: readonly OwnedPlacement[]): Promise<Described | string> {
  const [first] = placements;
  if (!first) return 'it is placed nowhere';
  const slash = first.ref.indexOf('/');
  const profile = context.profiles.get(first.ref.slice(0, slash));
  const record = await context.ledger.key(first.ref.slice(0, slash), first.ref.slice(slash + 1));
  if (!profile || !record) return 'it uses a login, and others have their own';
  if (profile.command) return 'a project’s file names no command to run';
  if (placements.some(({ ref }) => ref !== first.ref)) return 'its clients use several keys';
  const entries = await context.providers();
  const { manifest } = bindProfile(entries, profile);
  const { url, mcpUrl, org, header, dashboard, keyPattern } = profile;
  const isUsual = profile.name === profile.provider || profile.provider === 'generic';
  return {
    provider: profile.provider,
    ...defined({ profile: isUsual ? undefined : profile.name, url, mcpUrl, org, header, dashboard, keyPattern }),
    key: asTemplate(record.name, context),
    ...defined({ scopes: record.scopes.length > 0 ? [...record.scopes] : undefined }),
    ...defined({ expires: manifest.key.expiry ? termOf(record) : undefined }),
    clients: [...new Set(placements.map(({ placement }) => placement.client))].sort(),
  };
}

const defined = <T extends Record<string, unknown>>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.assign({}, ...Object.entries(fields).map(([name, value]) => (value === undefined ? {} : { [name]: value })));

/** Where a name has this person's and this machine's in it, each gets one of their own. */
function asTemplate(name: string, { user, host }: Pick<Context, 'user' | 'host'>): string {
  const whole = name.split(host).join('{host}');
  return whole.split(user).join('{user}');
}

function termOf({ lifetime }: KeyRecord): string | undefined {
  if (lifetime === null) return 'never';
  if (lifetime === undefined) return undefined;
  return lifetime % DAY === 0 ? `${lifetime / DAY}d` : `${Math.max(1, Math.round(lifetime / 3_600_000))}h`;
}
