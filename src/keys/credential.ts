/** What a ref stands for when it is used: where it goes, and how its secret is read now and read again after a 401. */
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { KeyRecord } from '../ledger.ts';
import type { Profile } from '../profiles.ts';
import type { McpAccess, Provider } from '../providers/types.ts';
import type { Secret } from '../secret.ts';
import { watchShared } from '../shared/watch.ts';
import { typed } from '../typed.ts';
import { findRemote } from './find.ts';
import { isInGap } from './gap.ts';
import { LOGIN_NAME } from './names.ts';
import { notAKey, type ResolvedRef, refOf, resolveRef, type UnknownRef, unknownIn } from './refs.ts';

export interface Credential {
  /** `PROFILE/NAME` or `PROFILE/@login`. */
  readonly ref: string;
  readonly profile: Profile;
  readonly provider: Provider;
  readonly kind: 'key' | 'login';
  readonly record: KeyRecord | undefined;
  /** Undefined for a local server, which has no endpoint. */
  readonly access: McpAccess | undefined;
  /** Throws `not_found` (no such secret any more), `not_logged_in`, `store_unavailable`, `store_locked`. */
  read(): Promise<Secret>;
  /** After a refusal: a login's token is renewed, a key is read anew from its current record. */
  reread(): Promise<Secret>;
  /** A change of its mtime, inode or size says that `reread` may give another secret. */
  readonly generationFile: string;
  /** To be called before that file is looked at: what other machines changed shows in it a few seconds later. */
  refresh?(): Promise<void>;
}

/** Throws as `resolveRef`; `unsupported` for a key that is not stored here or an endpoint that does not take this kind. */
export async function resolveCredential(context: Context, ref: string): Promise<Credential> {
  await meetShared(context);
  const found = await resolveRef(context, ref);
  if (found.kind !== 'login') return credentialOf(context, found);
  const { provider } = await context.connect(found.profile);
  return loginCredential(context, found.profile, provider);
}

/** The same where only a key will do. Throws `usage` for `@login`. */
export async function resolveKeyCredential(context: Context, ref: string): Promise<Credential> {
  await meetShared(context);
  const found = await resolveRef(context, ref);
  if (found.kind === 'login') throw notAKey(ref);
  return credentialOf(context, found);
}

/** A fresh machine knows no profile until it has asked the store that it shares; commands that must be quick ask here. */
async function meetShared(context: Context): Promise<void> {
  if (context.profiles.list().length > 0 || !(await context.shared())) return;
  const { refreshShared } = await import('../shared/refresh.ts');
  await refreshShared(context);
}

async function credentialOf(context: Context, found: Exclude<ResolvedRef, { kind: 'login' }>): Promise<Credential> {
  if (found.kind === 'unknown') throw await notKept(context, found);
  const { provider } = await context.connect(found.profile);
  return keyCredential(context, found, provider);
}

/** `unsupported` for a key that the service has and this machine does not hold, else `not_found`. */
async function notKept(context: Context, unknown: UnknownRef): Promise<UserError> {
  try {
    const { ref, name, stored } = await findRemote(context, unknown);
    if (stored) {
      return new UserError('unsupported', `${ref} is the new key of a rotation that has not ended.`, {
        provider: unknown.profile.provider,
        hint: 'mcpkey rotate --resume',
      });
    }
    return new UserError('unsupported', `The secret of ${ref} is not stored here.`, {
      provider: unknown.profile.provider,
      hint: typed`mcpkey import ${name} -p ${unknown.profile.name}   or make another: mcpkey create -p ${unknown.profile.name}`,
    });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.code === 'usage' ? error : unknownIn(context, unknown);
  }
}

/** The credential of a key whose record is at hand. */
export function keyCredential(
  context: Context,
  { profile, record }: { profile: Profile; record: KeyRecord },
  provider: Provider,
): Credential {
  const ref = refOf(record);
  const read = async () => {
    const current = (await context.ledger.key(record.profile, record.name)) ?? record;
    return readKeySecret(context, current);
  };
  return {
    ref,
    profile,
    provider,
    kind: 'key',
    record,
    access: accessFor(record, provider),
    read,
    reread: read,
    generationFile: context.ledger.generationFile(record.profile, record.name),
    refresh: watchShared(context, record),
  };
}

/** Throws `conflict` where the profile names another origin than the one that the key was made for. */
function accessFor(record: KeyRecord, provider: Provider): McpAccess | undefined {
  const access = provider.mcp('key');
  const origin = access && new URL(access.url).origin;
  if (origin === undefined || record.origin === null || record.origin === origin) return access;
  throw new UserError('conflict', `${refOf(record)} was made for ${record.origin}, but its profile names ${origin}.`, {
    provider: provider.id,
    hint: typed`mcpkey profile show ${record.profile}   and, if that is meant: mcpkey profile set ${record.profile} --mcp-url ${access?.url ?? 'URL'}`,
  });
}

async function readKeySecret(context: Context, record: KeyRecord): Promise<Secret> {
  const ref = refOf(record);
  const { provider } = record;
  if (isInGap(record)) {
    throw new UserError('not_found', `${ref} was revoked, and its rotation has no new key yet.`, {
      provider,
      hint: typed`mcpkey rotate ${ref} --resume`,
    });
  }
  if (record.status === 'revoked') {
    throw new UserError('not_found', `${ref} was revoked.`, {
      provider,
      hint: typed`mcpkey create ${record.name} -p ${record.profile}`,
    });
  }
  if (record.secret === null) {
    throw new UserError('unsupported', `The secret of ${ref} is not stored here.`, {
      provider,
      hint: typed`mcpkey import ${record.name} -p ${record.profile}`,
    });
  }
  const value = await context.vault.read(record.profile, record.secret);
  if (value) return value;
  throw new UserError('not_found', `The secret of ${ref} is gone from its store.`, {
    provider,
    hint: typed`mcpkey store status   then: mcpkey create NAME -p ${record.profile}`,
  });
}

/** The login's own token as a credential. Throws `unsupported` where the endpoint takes keys alone. */
export function loginCredential(context: Context, profile: Profile, provider: Provider): Credential {
  const access = provider.mcp('login');
  if (!access) {
    throw new UserError('unsupported', `The MCP endpoint of ${provider.title} takes keys, not the login's token.`, {
      provider: provider.id,
      hint: typed`mcpkey create -p ${profile.name}`,
    });
  }
  return {
    ref: `${profile.name}/${LOGIN_NAME}`,
    profile,
    provider,
    kind: 'login',
    record: undefined,
    access,
    read: () => context.accessToken(profile),
    reread: () => context.accessToken(profile, { renew: true }),
    generationFile: context.vault.sessionFile(profile.name),
  };
}
