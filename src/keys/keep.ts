import type { Context } from '../context.ts';
import { retell, UserError } from '../errors.ts';
import type { KeyRecord } from '../ledger.ts';
import type { Profile } from '../profiles.ts';
import type { Provider, RemoteKey } from '../providers/types.ts';
import type { Secret } from '../secret.ts';
import { typed } from '../typed.ts';
import { isInGap } from './gap.ts';
import { assistedId } from './mark.ts';
import type { KeyTerms } from './options.ts';
import { refOf } from './refs.ts';

export interface NewKey {
  readonly profile: Profile;
  readonly provider: Provider;
  readonly name: string;
  readonly remote: RemoteKey;
  readonly secret: Secret;
  readonly terms: KeyTerms;
  readonly mark: string | null;
  readonly assisted: boolean;
  /** Name of the secret's record in the vault, where it is known already. */
  readonly record?: string | undefined;
}

/** Stores the secret, reads it back, and writes the ledger. On a failure the secret is taken out again and the failure thrown. */
export async function keepKey(context: Context, key: NewKey): Promise<KeyRecord> {
  const record = await context.vault.keep(key.profile.name, key.secret, key.record);
  try {
    const entry = ledgerRecord(context, key, record);
    await replaceRevoked(context, entry);
    return entry;
  } catch (error) {
    await context.vault.forget(key.profile.name, record);
    throw error;
  }
}

/** The entry of the history. Where it cannot be written, the key is there all the same, and the failure says so. */
export async function recordKept(
  context: Pick<Context, 'ledger'>,
  command: 'create' | 'import',
  { profile, name, id }: KeyRecord,
  provedAt: string | null = null,
): Promise<void> {
  const ref = `${profile}/${name}`;
  try {
    await context.ledger.record({ command, ref, newId: id, provedAt, outcome: 'done' });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw retell(error, { message: `${ref} is stored, but not written into the history: ${error.message}` });
  }
}

async function replaceRevoked(context: Context, entry: KeyRecord): Promise<void> {
  const before = await context.ledger.key(entry.profile, entry.name);
  if (before?.status === 'revoked' && !isInGap(before)) await context.ledger.remove(entry.profile, entry.name);
  await context.ledger.add(entry);
}

/** Throws `conflict` where this very key is kept already, under whatever name. */
export async function checkNotKept(context: Pick<Context, 'ledger'>, profile: string, value: Secret): Promise<void> {
  const id = assistedId(value);
  const same = (await context.ledger.keys(profile)).find((key) => key.id === id && key.status !== 'revoked');
  if (same)
    throw new UserError('conflict', `This key is kept already, as ${profile}/${same.name}.`, {
      hint: typed`mcpkey show ${refOf(same)}`,
    });
}

function ledgerRecord(context: Context, key: NewKey, secretRecord: string): KeyRecord {
  const access = key.provider.mcp('key');
  return {
    profile: key.profile.name,
    provider: key.provider.id,
    name: key.name,
    id: key.remote.id,
    label: key.remote.label,
    prefix: key.remote.prefix ?? key.provider.displayPrefix(key.secret),
    scopes: key.remote.scopes,
    createdAt: key.remote.createdAt,
    expiresAt: key.remote.expiresAt,
    lastUsedAt: key.remote.lastUsedAt,
    status: 'active',
    metadata: key.remote.metadata,
    allowedIps: key.remote.allowedIps,
    placements: [],
    previous: null,
    secret: secretRecord,
    origin: access ? new URL(access.url).origin : null,
    lifetime: key.terms.lifetime,
    mark: key.mark,
    host: context.host,
    assisted: key.assisted,
  };
}
