/** Brings one server to ready: profile, login, key, placements, probe. A step that is done already is left as it is. */
import type { Connection, Context } from '../context.ts';
import { type ErrorDocument, errorDocument, UserError } from '../errors.ts';
import { probeCredential } from '../keys/check.ts';
import { createKey } from '../keys/create.ts';
import { type Credential, keyCredential } from '../keys/credential.ts';
import type { Guide } from '../keys/guide.ts';
import { defaultKeyName } from '../keys/names.ts';
import { checkWishes, type KeyWishes } from '../keys/options.ts';
import { refOf } from '../keys/refs.ts';
import type { KeyRecord } from '../ledger.ts';
import { placeCredential } from '../placement/place.ts';
import type { PlacementChange, PlaceOptions } from '../placement/types.ts';
import type { Profile } from '../profiles.ts';

export type StepId = 'login' | 'key' | 'place' | 'probe';

export interface Step {
  readonly id: StepId;
  /** False where there was nothing to do. */
  readonly changed: boolean;
  readonly text: string;
}

export interface EnrolWishes {
  readonly profile: Profile;
  /** Undefined: the key that is kept, or a new one under the default name. */
  readonly keyName: string | undefined;
  readonly terms: KeyWishes;
  /** Client ids. */
  readonly clients: readonly string[];
  readonly placing: PlaceOptions;
  /** Logs in where that is needed; resolves to the account, for the report. */
  readonly logIn: () => Promise<string | undefined>;
}

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
    const record = await ensureKey(context, connection, wishes, ports);
    key = refOf(record);
    const credential = keyCredential(context, { profile: wishes.profile, record }, connection.provider);
    placements = await ensurePlaced(context, credential, wishes, ports);
    await prove(context, credential, ports);
    return { ...row, key, state: 'ready', placements, error: null };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { ...row, key, state: 'failed', placements, error: errorDocument(error) };
  }
}

async function ensureKey(
  context: Context,
  connection: Connection,
  wishes: EnrolWishes,
  ports: EnrolPorts,
): Promise<KeyRecord> {
  const kept = await keptKey(context, wishes);
  if (kept) {
    ports.onStep({ id: 'key', changed: false, text: `${refOf(kept)} is kept already` });
    return kept;
  }
  const terms = checkWishes(connection.provider.manifest, wishes.terms);
  if (connection.provider.operations.create.mode === 'api') await ensureLogin(context, wishes, ports);
  const name = wishes.keyName ?? (await defaultKeyName(context, wishes.profile.name));
  const { record } = await createKey(context, connection, { name, terms }, ports.guide);
  ports.onStep({ id: 'key', changed: true, text: `${refOf(record)} was made and stored` });
  return record;
}

/** The active key of that name, or the one active key that is stored here. */
async function keptKey(context: Context, { profile, keyName }: EnrolWishes): Promise<KeyRecord | undefined> {
  const now = context.now();
  const stored = (await context.ledger.keys(profile.name)).filter((key) => key.secret !== null && isLiving(key, now));
  if (keyName !== undefined) return stored.find((key) => key.name === keyName);
  const own = stored.filter((key) => key.host === context.host);
  return own[0] ?? stored[0];
}

const isLiving = (key: KeyRecord, now: number) =>
  key.status !== 'revoked' && key.status !== 'expired' && (key.expiresAt === null || Date.parse(key.expiresAt) > now);

async function ensureLogin(context: Context, wishes: EnrolWishes, ports: EnrolPorts): Promise<void> {
  const { profile } = wishes;
  try {
    await context.accessToken(profile);
    ports.onStep({ id: 'login', changed: false, text: `logged in to ${profile.name} already` });
  } catch (error) {
    if (!(error instanceof UserError) || error.exitCode !== 3) throw error;
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
  wishes: EnrolWishes,
  ports: EnrolPorts,
): Promise<readonly PlacementChange[]> {
  if (wishes.clients.length === 0) return [];
  const { changes, warnings } = await placeCredential(context, credential, wishes.clients, wishes.placing);
  for (const { changed, client, path, reload } of changes) {
    const text = changed ? `placed into ${client} (${path}); ${reload}` : `${client} has it already (${path})`;
    ports.onStep({ id: 'place', changed, text });
  }
  for (const warning of warnings) ports.guide.warn(warning);
  return changes;
}

async function prove(context: Context, credential: Credential, ports: EnrolPorts): Promise<void> {
  const result = await probeCredential(context, credential);
  if (result.error) throw result.error;
  const server = result.server ? `${result.server.name} ${result.server.version}` : 'the server';
  ports.onStep({
    id: 'probe',
    changed: false,
    text: `${server} answers with ${result.tools.length} tools (${result.durationMs} ms)`,
  });
}
