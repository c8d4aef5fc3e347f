/** Moves keys that stand in clear into the secret store, and puts a reference into their place: all files or none. */
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { type Credential, keyCredential } from '../keys/credential.ts';
import { keepFound } from '../keys/import.ts';
import { provisionalRecord } from '../keys/provisional.ts';
import { refOf } from '../keys/refs.ts';
import type { KeyRecord } from '../ledger.ts';
import { placeJobs, wishOf } from '../placement/place.ts';
import type { PlaceJob } from '../placement/plan.ts';
import { prepareIn } from '../placement/target.ts';
import type { PlacementChange, PlacementReport } from '../placement/types.ts';
import { findCredentials, type Search } from './find.ts';
import { type KeptValue, keptValues } from './kept.ts';
import { keepOtherFields } from './merge.ts';
import { type AdoptPlan, type PlannedKey, type PlannedServer, planAdoption } from './plan.ts';
import { leftRows } from './rows.ts';
import { type Stray, straysIn } from './stray.ts';

export interface Adoption {
  readonly plan: AdoptPlan;
  readonly broken: Search['broken'];
  /** Keys that are kept here and stand where nothing can be moved. */
  readonly strays: readonly Stray[];
}

/** What there is to move. Keys that mcpkey placed in clear, as it was asked to, are not among it. */
export async function findAdoption(context: Context): Promise<Adoption> {
  const search = await findCredentials(context);
  const kept = await keptValues(context);
  return {
    plan: await planFor(context, search, kept),
    broken: search.broken,
    strays: straysIn(
      search,
      kept.map(({ record, value }) => ({ ref: refOf(record), value })),
    ),
  };
}

/** What would become of each entry. Nothing is stored, and nothing is sent. */
export async function planFor(
  context: Context,
  { servers }: Pick<Search, 'servers'>,
  kept: readonly KeptValue[],
): Promise<AdoptPlan> {
  const foreign = servers.filter(({ findings }) => findings.some(({ ref }) => ref === null));
  return placeable(context, await planAdoption(context, foreign, kept));
}

/** Of one entry alone; what is wrong with the machine (no store, say) ends the command. */
const STAYS: ReadonlySet<string> = new Set(['unsupported', 'not_found']);

/** What a client has no safe form for is left, and said. */
async function placeable(context: Context, plan: AdoptPlan): Promise<AdoptPlan> {
  const servers: PlannedServer[] = [];
  const left = [...plan.left];
  for (const server of plan.servers) {
    try {
      await jobFor(context, server, (key) => provisional(context, key));
      servers.push(server);
    } catch (error) {
      if (!(error instanceof UserError) || !STAYS.has(error.code)) throw error;
      left.push({ found: server.found, why: error.message });
    }
  }
  const used = new Set(servers.flatMap(({ key, further }) => [key, ...further]));
  const keys = plan.keys.filter((key) => used.has(key));
  const newProfiles = plan.newProfiles.filter(({ name }) => keys.some(({ profile }) => profile.name === name));
  return { servers, left, keys, newProfiles };
}

/** What would change, as `place --dry-run` tells it. Nothing is stored, and nothing is sent. */
export async function previewAdoption(
  context: Context,
  adoption: Adoption,
): Promise<Pick<Adopted, 'report' | 'remnants'>> {
  const jobs: PlaceJob[] = [];
  for (const server of adoption.plan.servers)
    jobs.push(await jobFor(context, server, (key) => provisional(context, key)));
  return withLeft(adoption, await placeJobs(context, jobs, { command: 'adopt', dryRun: true }));
}

export interface AdoptedKey {
  readonly ref: string;
  readonly record: KeyRecord;
  readonly planned: PlannedKey;
}

export interface Adopted {
  readonly report: PlacementReport;
  readonly keys: readonly AdoptedKey[];
  /** Rows of keys that were moved and still stand elsewhere in the file. */
  readonly remnants: readonly PlacementChange[];
}

/** Where the files cannot be changed, the keys that were stored for it are forgotten again. Throws as a placement does. */
export async function adopt(context: Context, adoption: Adoption): Promise<Adopted> {
  const { plan } = adoption;
  if (plan.servers.length === 0)
    return { ...withLeft(adoption, { changes: [], warnings: [], id: undefined }), keys: [] };
  await context.vault.ready();
  const kept = new Map<PlannedKey, KeyRecord>();
  try {
    for (const profile of plan.newProfiles) {
      await context.profiles.save(profile);
      await context.ledger.record({ command: 'profile add', ref: profile.name });
    }
    for (const key of plan.keys) {
      const connection = await context.connect(key.profile);
      kept.set(key, key.record ?? (await keepFound(context, connection, key.name, key.value)));
    }
    const report = await placeAll(context, plan, kept);
    const keys = [...kept].map(([planned, record]) => ({ planned, record, ref: `${record.profile}/${record.name}` }));
    return { ...withLeft(adoption, report), keys };
  } catch (error) {
    await forgetAgain(context, plan, kept);
    throw error;
  }
}

const withLeft = (
  adoption: Adoption,
  { changes, ...report }: PlacementReport,
): Pick<Adopted, 'report' | 'remnants'> => ({
  report: { ...report, changes: [...changes, ...leftRows(adoption)] },
  remnants: changes.filter(({ reason }) => reason !== undefined),
});

async function placeAll(
  context: Context,
  plan: AdoptPlan,
  kept: ReadonlyMap<PlannedKey, KeyRecord>,
): Promise<PlacementReport> {
  const recordOf = (key: PlannedKey): KeyRecord => kept.get(key) ?? provisional(context, key);
  const jobs: PlaceJob[] = [];
  for (const server of plan.servers) jobs.push(await jobFor(context, server, recordOf));
  const lifted = plan.servers.flatMap(({ found, key, further }) =>
    [key, ...further].map(recordOf).map(({ profile, name, id, secret }) => {
      return { ref: `${profile}/${name}`, keyId: id, secret, path: found.file.path };
    }),
  );
  const [only, second] = plan.keys;
  const ref = only && !second ? `${only.profile.name}/${only.name}` : null;
  return placeJobs(context, jobs, { command: 'adopt', ref, lifted });
}

async function forgetAgain(context: Context, plan: AdoptPlan, kept: ReadonlyMap<PlannedKey, KeyRecord>): Promise<void> {
  for (const [planned, { profile, name, secret }] of kept) {
    if (planned.record) continue;
    await context.ledger.remove(profile, name);
    if (secret !== null) await context.vault.forget(profile, secret);
  }
  for (const { name } of plan.newProfiles) await context.profiles.remove(name);
}

/** The entry that takes the found one's place, in the client's best mode. */
async function jobFor(
  context: Context,
  { found, key, further }: PlannedServer,
  recordOf: (key: PlannedKey) => KeyRecord,
): Promise<PlaceJob> {
  const { client, file, server, entry } = found;
  const credential = credentialOf(context, key, recordOf(key));
  const inProject = file.scope === 'project';
  const dir = file.scope === 'user' ? undefined : found.dir;
  const options = { scope: file.scope, dir, force: true, ...(inProject && { name: server }) };
  // A name with a slash is no fault of an entry that was there before; only a project's ref must be able to hold it.
  const wish = { ...(await wishOf(context, credential, [client.id], options)), server };
  if (dir !== undefined && wish.machine.dir !== dir)
    throw new UserError('unsupported', `its folder ${dir} is a link to another`);
  const first = client.files(wish.machine).find(({ scope, path }) => scope === file.scope && path === file.path);
  // A second table of one file has a form of its own, and a placement is told by the file alone.
  if (file.aside && first && !first.aside)
    throw new UserError(
      'unsupported',
      `${client.title} keeps it in ${file.servers.join('.')}, which mcpkey only reads`,
    );
  const prepared = await prepareIn(context, credential, { client, file }, wish);
  const gone = [key, ...further, ...found.findings].map(({ value }) => value);
  return {
    credential,
    wish,
    prepared: prepared.map((one) => ({ ...one, entry: keepOtherFields(one.entry, entry), written: one.entry, gone })),
  };
}

const credentialOf = (context: Context, { profile, provider }: PlannedKey, record: KeyRecord): Credential =>
  keyCredential(context, { profile, record }, provider);

/** A record as it will be, for what is only looked at. */
const provisional = (context: Context, { profile, name, record }: PlannedKey): KeyRecord =>
  record ?? provisionalRecord(context, profile, name);
