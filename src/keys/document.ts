/** A key as `--json` shows it and as tables render it: what the service has, joined with what is kept here. */
import type { KeyRecord } from '../ledger.ts';
import type { RemoteKey } from '../providers/types.ts';

export interface KeyDocument {
  readonly ref: string;
  readonly profile: string;
  readonly provider: string;
  readonly id: string;
  readonly name: string;
  readonly label: string;
  readonly prefix: string | null;
  readonly scopes: readonly string[];
  readonly createdAt: string | null;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
  readonly status: 'active' | 'expired' | 'revoked' | 'unknown';
  readonly stored: boolean;
  readonly metadata: Readonly<Record<string, string>>;
  readonly allowedIps: readonly string[];
  readonly previous: { readonly id: string; readonly revokeAt: string | null } | null;
  readonly placements: readonly {
    readonly client: string;
    readonly path: string;
    readonly server: string;
    readonly mode: string;
    readonly host: string;
  }[];
}

/** `now` in ms decides whether an active key has expired. */
export function keptDocument(record: KeyRecord, now: number): KeyDocument {
  return {
    ref: `${record.profile}/${record.name}`,
    profile: record.profile,
    provider: record.provider,
    id: record.id,
    name: record.name,
    label: record.label,
    prefix: record.prefix,
    scopes: record.scopes,
    createdAt: record.createdAt,
    expiresAt: record.expiresAt,
    lastUsedAt: record.lastUsedAt,
    status: statusAt(record, now),
    stored: record.secret !== null,
    metadata: record.metadata,
    allowedIps: record.allowedIps,
    previous: record.previous && { id: record.previous.id, revokeAt: record.previous.revokeAt },
    placements: record.placements.map(({ client, path, server, mode, host }) => ({ client, path, server, mode, host })),
  };
}

/** The service's own word wins over what was known here; what the service does not tell stays. */
export function joinedDocument(record: KeyRecord, remote: RemoteKey, now: number): KeyDocument {
  return {
    ...keptDocument(record, now),
    label: remote.label,
    prefix: record.prefix ?? remote.prefix,
    scopes: remote.scopes.length > 0 ? remote.scopes : record.scopes,
    createdAt: remote.createdAt ?? record.createdAt,
    expiresAt: remote.expiresAt ?? record.expiresAt,
    lastUsedAt: remote.lastUsedAt ?? record.lastUsedAt,
    status: statusAt(remote, now),
  };
}

/** A key that only the service has. `name` is its label without our mark; `word` is what its ref calls it by. */
export function remoteDocument(
  at: { profile: string; provider: string; name: string; word: string },
  remote: RemoteKey,
  now: number,
): KeyDocument {
  return {
    ref: `${at.profile}/${at.word}`,
    profile: at.profile,
    provider: at.provider,
    id: remote.id,
    name: at.name,
    label: remote.label,
    prefix: remote.prefix,
    scopes: remote.scopes,
    createdAt: remote.createdAt,
    expiresAt: remote.expiresAt,
    lastUsedAt: remote.lastUsedAt,
    status: statusAt(remote, now),
    stored: false,
    metadata: remote.metadata,
    allowedIps: remote.allowedIps,
    previous: null,
    placements: [],
  };
}

function statusAt(
  key: { status: KeyDocument['status']; expiresAt: string | null },
  now: number,
): KeyDocument['status'] {
  const ended = key.expiresAt !== null && Date.parse(key.expiresAt) <= now;
  return key.status === 'active' && ended ? 'expired' : key.status;
}
