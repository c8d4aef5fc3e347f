/** Brings this machine to what a project wants: profiles, logins, keys of one's own, placements, probes. */
import type { Context } from '../context.ts';
import { type EnrolPorts, type EnrolRow, ensureCredential, ensureProfile, prove, recordProof } from '../enrol/enrol.ts';
import { errorDocument, retell, UserError } from '../errors.ts';
import { type Credential, keyCredential } from '../keys/credential.ts';
import type { Guide } from '../keys/guide.ts';
import { provisionalRecord } from '../keys/provisional.ts';
import { placeJobs } from '../placement/place.ts';
import type { PlaceJob } from '../placement/plan.ts';
import type { PlacementReport } from '../placement/types.ts';
import type { Profile } from '../profiles.ts';
import { checkReplaceable } from '../system/files.ts';
import { filled } from '../typed.ts';
import type { Project } from './file.ts';
import { refuseDisplacing, refuseOtherScopes } from './guards.ts';
import { bindingsOf, jobsFor } from './placing.ts';
import { type WantedServer, wantedServer } from './servers.ts';

/** A server of the project, and what became of it until now. */
export interface Candidate {
  readonly server: string;
  readonly wanted: WantedServer | undefined;
  readonly error: UserError | undefined;
}

/** What each server means here. A server that cannot be is told with its error; nothing is changed or sent. */
export async function planProject(context: Context, project: Project): Promise<readonly Candidate[]> {
  const begun: Profile[] = [];
  const candidates: Candidate[] = [];
  for (const [server, wish] of Object.entries(project.file.servers)) {
    const candidate = await attempt(server, async () => {
      const wanted = await wantedServer(context, server, wish, begun);
      await tryOut(context, project, wanted);
      return wanted;
    });
    if (candidate.wanted?.isNew) begun.push(candidate.wanted.profile);
    candidates.push(candidate);
  }
  return candidates;
}

/** Finds out before a key is made for nothing whether it could be placed, and may be. Throws what placing would. */
async function tryOut(context: Context, project: Project, wanted: WantedServer): Promise<void> {
  const { profile, provider, keyName } = wanted;
  await refuseOtherScopes(context, wanted);
  const known = await context.ledger.key(profile.name, keyName);
  const record = known ?? provisionalRecord(context, profile, keyName);
  const credential = keyCredential(context, { profile, record }, provider);
  await refuseDisplacing(context, project, wanted, credential.ref);
  const jobs = await jobsFor(context, project, { wanted, credential }).catch((error: unknown) => {
    throw error instanceof UserError && error.code === 'unsupported' ? inProject(error, credential.ref) : error;
  });
  const bindings = bindingsOf(project, [{ wanted, credential }]);
  const { changes } = await placeJobs(context, jobs, { command: 'up', wanted: bindings, dryRun: true });
  const changed = changes.flatMap((change) => (change.changed ? [change.path] : []));
  for (const { place, realPath } of jobs.flatMap(({ prepared }) => prepared)) {
    if (changed.includes(place.path)) await checkReplaceable(realPath);
  }
}

/** A client without a file: its entry can be printed once there is the key. */
const inProject = (error: UserError, ref: string): UserError =>
  retell(error, {
    hint: ['Leave that client out of mcpkey.json, and run: mcpkey up', filled(error.hint ?? '', { ref })].join('\n'),
  });

async function attempt(server: string, work: () => Promise<WantedServer>): Promise<Candidate> {
  try {
    return { server, wanted: await work(), error: undefined };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { server, wanted: undefined, error };
  }
}

/**
 * Where one server is known not to be possible here, none is begun: a row for each, with its error or whose fault holds
 * it back. Undefined where all can be tried.
 */
export function heldBack(candidates: readonly Candidate[]): readonly EnrolRow[] | undefined {
  const faulty = candidates.find(({ error }) => error !== undefined);
  if (!faulty?.error) return undefined;
  const { code } = faulty.error;
  const hint = `Mend "${faulty.server}", or take it out of mcpkey.json, then run: mcpkey up`;
  return candidates.map(({ server, wanted, error }) => {
    const told =
      error ?? new UserError(code, `Nothing was begun, since "${faulty.server}" cannot be brought up.`, { hint });
    const profile = wanted?.profile.name ?? '';
    return { server, profile, key: null, state: 'failed', placements: [], error: errorDocument(told) };
  });
}

/** Each origin that the project brings to this machine, once. */
export const newOrigins = (candidates: readonly Candidate[]): readonly string[] => [
  ...new Set(candidates.flatMap(({ wanted }) => wanted?.newOrigins ?? [])),
];

export interface UpPorts extends EnrolPorts {
  /** For a key that a person makes: what is told names that very key. */
  readonly guideTo: (wanted: WantedServer) => Guide;
  readonly logIn: (profile: Profile) => Promise<string | undefined>;
}

interface Ready extends Candidate {
  readonly credential?: Credential | undefined;
}

/** A row for each server. The files of all that have a key change together, or none of them does. */
export async function bringUp(
  context: Context,
  project: Project,
  candidates: readonly Candidate[],
  ports: UpPorts,
): Promise<readonly EnrolRow[]> {
  const ready: Ready[] = [];
  for (const candidate of candidates) ready.push(await enrolOne(context, candidate, ports));
  const placed = await placeAll(context, project, ready, ports);
  return Promise.all(ready.map((one) => proveOne(context, one, placed, ports)));
}

async function enrolOne(context: Context, candidate: Candidate, ports: UpPorts): Promise<Ready> {
  const { wanted, server } = candidate;
  if (!wanted) return candidate;
  try {
    const { profile, keyName, terms } = wanted;
    const connection = await context.connect(profile);
    await ensureProfile(context, { profile }, ports);
    const wishes = { profile, keyName, terms, useLogin: false, logIn: () => ports.logIn(profile) };
    const credential = await ensureCredential(context, connection, wishes, { ...ports, guide: ports.guideTo(wanted) });
    return { ...candidate, credential };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { server, wanted, error };
  }
}

type Placed = PlacementReport | UserError;

async function placeAll(context: Context, project: Project, ready: readonly Ready[], ports: UpPorts): Promise<Placed> {
  try {
    const jobs: PlaceJob[] = [];
    const uses = ready.flatMap(({ wanted, credential }) => (wanted && credential ? [{ wanted, credential }] : []));
    for (const use of uses) jobs.push(...(await jobsFor(context, project, use)));
    const wanted = bindingsOf(project, uses);
    const report = await placeJobs(context, jobs, { command: 'up', wanted });
    for (const { changed, client, path, reload } of report.changes) {
      const text = changed ? `placed into ${client} (${path}). ${reload}` : `${client} has it already (${path})`;
      ports.onStep({ id: 'place', changed, text });
    }
    for (const warning of report.warnings) ports.guide.warn(warning);
    return report;
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

async function proveOne(
  context: Context,
  { server, wanted, credential, error }: Ready,
  placed: Placed,
  ports: UpPorts,
): Promise<EnrolRow> {
  const row = { server, profile: wanted?.profile.name ?? '', key: credential?.ref ?? null };
  const failed = (what: UserError, placements: EnrolRow['placements'] = []): EnrolRow => ({
    ...row,
    state: 'failed',
    placements,
    error: errorDocument(what),
  });
  if (error) return failed(error);
  if (!credential) throw new Error('a server without an error has a key');
  if (placed instanceof UserError) return failed(placed);
  const placements = placed.changes.filter((change) => change.server === server);
  try {
    await recordProof(context, credential, await prove(context, credential, ports), 'up');
    return { ...row, state: 'ready', placements, error: null };
  } catch (fault) {
    if (!(fault instanceof UserError)) throw fault;
    return failed(fault, placements);
  }
}
