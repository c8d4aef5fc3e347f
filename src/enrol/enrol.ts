/** Brings one server to ready: profile, login, credential, placements, probe. A step that is done already is left as it is. */
import type { Connection, Context } from '../context.ts';
import { type ErrorDocument, errorDocument, UserError } from '../errors.ts';
import { probeCredential } from '../keys/check.ts';
import { createKey } from '../keys/create.ts';
import { type Credential, keyCredential, loginCredential } from '../keys/credential.ts';
import type { Guide } from '../keys/guide.ts';
import { checkWishes, type KeyWishes } from '../keys/options.ts';
import { refOf } from '../keys/refs.ts';
import type { KeyRecord } from '../ledger.ts';
import { placeCredential } from '../placement/place.ts';
import type { PlacementChange, PlaceOptions } from '../placement/types.ts';
import type { Profile } from '../profiles.ts';

export type StepId = 'profile' | 'login' | 'key' | 'place' | 'probe';

export interface Step {
  readonly id: StepId;
  /** False where there was nothing to do. */
  readonly changed: boolean;
  readonly text: string;
}

export interface EnrolWishes {
  /** As it shall be; saved where it is new. */
  readonly profile: Profile;
  /** Undefined: the key that is kept, or a new one under the default name. */
  readonly keyName: string | undefined;
  readonly terms: KeyWishes;
  /** Client ids. */
  readonly clients: readonly string[];
  readonly placing: PlaceOptions;
  /** The login's own token instead of a key, where the endpoint takes that. */
  readonly useLogin: boolean;
  /** Logs in; resolves to the account, for the report. */
  readonly logIn: () => Promise<string | undefined>;
}

/** Everything but where it is placed. */
export type KeyOfProfile = Omit<EnrolWishes, 'clients' | 'placing'>;

export interface EnrolPorts {
  readonly guide: Guide;
  readonly onStep: (step: Step) => void;
}

/** A row of the documents of `setup` and `up`. */
export interface EnrolRow {
  readonly server: string;
  readonly profile: string;
  readonly key: string | null;
  readonly state: 'ready' | 'missing' | 'failed';
  readonly placements: readonly PlacementChange[];
  readonly error: ErrorDocument | null;
}

/** Never throws a `UserError`: the row carries it, with what was reached until then. */
export async function enrol(context: Context, wishes: EnrolWishes, ports: EnrolPorts): Promise<EnrolRow> {
  const row = { server: wishes.placing.name ?? wishes.profile.name, profile: wishes.profile.name };
  let key: string | null = null;
  let placements: readonly PlacementChange[] = [];
  try {
    const connection = await context.connect(wishes.profile);
    await ensureProfile(context, wishes, ports);
    const credential = await ensureCredential(context, connection, wishes, ports);
    key = credential.ref;
    placements = await ensurePlaced(context, credential, wishes, ports);
    const provedAt = await prove(context, credential, ports);
    await recordProof(context, credential, provedAt);
    return { ...row, key, state: 'ready', placements, error: null };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { ...row, key, state: 'failed', placements, error: errorDocument(error) };
  }
}

export async function ensureProfile(
  context: Context,
  { profile }: Pick<EnrolWishes, 'profile'>,
  ports: EnrolPorts,
): Promise<void> {
  const before = context.profiles.get(profile.name);
  const changed = JSON.stringify(before) !== JSON.stringify(profile);
  if (changed) {
    await context.profiles.save(profile);
    await context.ledger.record({ command: before ? 'profile set' : 'profile add', ref: profile.name });
  }
  const where = profile.mcpUrl ?? profile.url ?? profile.provider;
  ports.onStep({ id: 'profile', changed, text: `profile ${profile.name} (${where})` });
}

export async function ensureCredential(
  context: Context,
  connection: Connection,
  wishes: KeyOfProfile,
  ports: EnrolPorts,
): Promise<Credential> {
  if (wishes.useLogin) {
    await ensureLogin(context, wishes, ports);
    return loginCredential(context, wishes.profile, connection.provider);
  }
  const record = (await keptKey(context, wishes, ports)) ?? (await makeKey(context, connection, wishes, ports));
  return keyCredential(context, { profile: wishes.profile, record }, connection.provider);
}

/** The active key of that name, else the one that this machine made, else any that is stored here. */
async function keptKey(
  context: Context,
  { profile, keyName }: KeyOfProfile,
  ports: EnrolPorts,
): Promise<KeyRecord | undefined> {
  const now = context.now();
  const stored = (await context.ledger.keys(profile.name)).filter((key) => key.secret !== null && isLiving(key, now));
  const own = stored.find((key) => key.host === context.host) ?? stored[0];
  const kept = keyName === undefined ? own : stored.find((key) => key.name === keyName);
  if (kept) ports.onStep({ id: 'key', changed: false, text: `key ${refOf(kept)} is kept already` });
  return kept;
}

const isLiving = (key: KeyRecord, now: number) =>
  key.status !== 'revoked' && key.status !== 'expired' && (key.expiresAt === null || Date.parse(key.expiresAt) > now);

async function makeKey(
  context: Context,
  connection: Connection,
  wishes: KeyOfProfile,
  ports: EnrolPorts,
): Promise<KeyRecord> {
  const terms = checkWishes(connection.provider.manifest, wishes.terms);
  if (connection.provider.operations.create.mode === 'api') await ensureLogin(context, wishes, ports);
  const { record } = await createKey(context, connection, { name: wishes.keyName, terms }, ports.guide);
  ports.onStep({ id: 'key', changed: true, text: `key ${refOf(record)} was made and stored` });
  return record;
}

async function ensureLogin(context: Context, wishes: KeyOfProfile, ports: EnrolPorts): Promise<void> {
  const { profile } = wishes;
  try {
    await context.accessToken(profile);
    ports.onStep({ id: 'login', changed: false, text: `logged in to ${profile.name} already` });
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'not_logged_in') throw error;
    const account = await wishes.logIn();
    ports.onStep({
      id: 'login',
      changed: true,
      text: `logged in to ${profile.name}${account ? ` as ${account}` : ''}`,
    });
  }
}

async function ensurePlaced(
  context: Context,
  credential: Credential,
  { clients, placing }: EnrolWishes,
  ports: EnrolPorts,
): Promise<readonly PlacementChange[]> {
  if (clients.length === 0) return [];
  const { changes, warnings } = await placeCredential(context, credential, clients, placing);
  for (const { changed, client, path, reload } of changes) {
    const text = changed ? `placed into ${client} (${path}). ${reload}` : `${client} has it already (${path})`;
    ports.onStep({ id: 'place', changed, text });
  }
  for (const warning of warnings) ports.guide.warn(warning);
  return changes;
}

/** The history says once of each key when it was proven. */
export async function recordProof(
  context: Context,
  { ref, record }: Credential,
  provedAt: string,
  command = 'setup',
): Promise<void> {
  if (!record) return;
  const known = (await context.ledger.history()).some((entry) => entry.newId === record.id && entry.provedAt !== null);
  if (!known) await context.ledger.record({ command, ref, newId: record.id, provedAt });
}

/** Resolves to when the credential was accepted, in RFC 3339. */
export async function prove(context: Context, credential: Credential, ports: EnrolPorts): Promise<string> {
  const { error, server, tools, durationMs } = await probeCredential(context, credential);
  if (error) throw error;
  const name = server ? `${server.name} ${server.version}` : 'the server';
  ports.onStep({ id: 'probe', changed: false, text: `${name} answers with ${tools.length} tools (${durationMs} ms)` });
  return new Date(context.now()).toISOString();
}
