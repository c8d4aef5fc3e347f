/** Where the token for Vault comes from: given, from its file, or by a login of this program's own. */
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { secret } from '../secret.ts';
import { readText } from '../system/files.ts';
import { homeFolder } from '../system/home.ts';
import type { StoreAnswer } from './http.ts';
import type { StorePorts } from './types.ts';

export interface VaultToken {
  readonly value: string;
  /** Milliseconds since 1970 from which on it is renewed; undefined: never. */
  readonly renewAt: number | undefined;
  /** A login of ours, which can be repeated. */
  readonly repeatable: boolean;
}

/** One request without a token. `path` is below `/v1/`. */
export type Anonymous = (path: string, body: Readonly<Record<string, unknown>>) => Promise<StoreAnswer>;

/** A token that was given is renewed, where it can be, in processes that run longer than this. */
const GIVEN_RENEWAL = 600_000;

/** `VAULT_TOKEN`; else AppRole or JWT where the variables for it are set; else the file that `vault login` writes. */
export async function obtainToken(ports: StorePorts, ask: Anonymous, now: number): Promise<VaultToken> {
  const { env } = ports;
  if (env.VAULT_TOKEN) return given(env.VAULT_TOKEN, now);
  if (env.MCPKEY_VAULT_ROLE_ID) {
    const secretId = await valueOrFile(env.MCPKEY_VAULT_SECRET_ID);
    const body = { role_id: env.MCPKEY_VAULT_ROLE_ID, ...(secretId === undefined ? {} : { secret_id: secretId }) };
    return logIn(ask, env.MCPKEY_VAULT_AUTH_MOUNT || 'approle', body, now);
  }
  if (env.MCPKEY_VAULT_JWT) {
    const jwt = await valueOrFile(env.MCPKEY_VAULT_JWT);
    return logIn(ask, env.MCPKEY_VAULT_AUTH_MOUNT || 'jwt', { role: env.MCPKEY_VAULT_ROLE, jwt }, now);
  }
  const file = join(homeFolder(env, ports.platform), '.vault-token');
  const kept = (await readText(file))?.trim();
  if (kept) return given(kept, now);
  throw new UserError(
    'store_locked',
    `There is no token for Vault: VAULT_TOKEN is not set, and ${file} is not there.`,
    {
      hint: 'vault login   or set MCPKEY_VAULT_ROLE_ID and MCPKEY_VAULT_SECRET_ID (AppRole), or MCPKEY_VAULT_ROLE and MCPKEY_VAULT_JWT',
    },
  );
}

const given = (value: string, now: number): VaultToken => ({
  value: secret(value).reveal(),
  renewAt: now + GIVEN_RENEWAL,
  repeatable: false,
});

/** A variable that holds a secret, or the path of a file that does. */
async function valueOrFile(text: string | undefined): Promise<string | undefined> {
  if (!text) return undefined;
  const value = /^(?:\/|[A-Za-z]:\\)/.test(text) ? (await readText(text))?.trim() : text;
  if (value) return secret(value).reveal();
  throw new UserError('store_unavailable', `${text} holds nothing to log in to Vault with.`);
}

async function logIn(
  ask: Anonymous,
  mount: string,
  body: Readonly<Record<string, unknown>>,
  now: number,
): Promise<VaultToken> {
  const answer = await ask(`auth/${mount}/login`, body);
  const token = readToken(answer, now);
  if (token) return token;
  throw new UserError('store_locked', `Vault refuses the login at auth/${mount}: ${vaultWords(answer)}`, {
    hint: 'Check MCPKEY_VAULT_ROLE_ID and MCPKEY_VAULT_SECRET_ID, or MCPKEY_VAULT_ROLE and MCPKEY_VAULT_JWT.',
  });
}

/** Of a login or a renewal; renewed when two thirds of its life are over. */
export function readToken({ status, body }: StoreAnswer, now: number): VaultToken | undefined {
  const auth: unknown = body.auth;
  if (status !== 200 || typeof auth !== 'object' || auth === null || !('client_token' in auth)) return undefined;
  const { client_token: value } = auth;
  const seconds = 'lease_duration' in auth ? Number(auth.lease_duration) : 0;
  if (typeof value !== 'string' || value === '') return undefined;
  const renewAt = seconds > 0 ? now + (seconds * 2_000) / 3 : undefined;
  return { value: secret(value).reveal(), renewAt, repeatable: true };
}

/** Vault's own words of a failure. */
export function vaultWords({ status, body }: StoreAnswer): string {
  const errors: readonly unknown[] = Array.isArray(body.errors) ? body.errors : [];
  const words = errors.filter((each) => typeof each === 'string').join('; ');
  return words === '' ? `HTTP status ${status}` : words.replace(/\s+/g, ' ').slice(0, 200);
}
