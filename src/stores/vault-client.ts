/** HashiCorp Vault's and OpenBao's HTTP API (developer.hashicorp.com/vault/api-docs): tokens, namespaces, refusals. */
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../errors.ts';
import { type StoreAnswer, type StoreExchange, storeExchange, storeUrl } from './http.ts';
import type { StorePorts } from './types.ts';
import { obtainToken, readToken, type VaultToken, vaultWords } from './vault-token.ts';

export interface VaultRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly body?: Readonly<Record<string, unknown>>;
  readonly timeout?: number;
}

export interface VaultClient {
  /** `path` is below `/v1/`, each part encoded. Resolves for 200, 204, 400 and 404; throws what else there is. */
  call(path: string, request: VaultRequest): Promise<StoreAnswer>;
  /** For a person. */
  readonly address: string;
}

const TLS = { ca: 'VAULT_CACERT', cert: 'VAULT_CLIENT_CERT', key: 'VAULT_CLIENT_KEY' };
/** A standby that is just taking over, a server that is busy. */
const TRANSIENT = new Set([412, 429, 472, 473, 500, 502, 504]);
const TRIES = 4;

/** Touches nothing before the first call. */
export function createVaultClient(ports: StorePorts): VaultClient {
  const exchange = storeExchange('Vault', ports, TLS);
  let address: URL | undefined;
  let token: Promise<VaultToken> | undefined;

  function urlOf(path: string): URL {
    address ??= readAddress(ports);
    return new URL(`v1/${path}`, address);
  }

  const namespace = ports.env.VAULT_NAMESPACE;
  const common = { 'x-vault-request': 'true', ...(namespace ? { 'x-vault-namespace': namespace } : {}) };
  const anonymous = (path: string, body: Readonly<Record<string, unknown>>) =>
    patient(exchange, urlOf(path), { method: 'POST', headers: common, body });

  async function currentToken(): Promise<VaultToken> {
    token ??= obtainToken(ports, anonymous, Date.now());
    try {
      const held = await token;
      if (held.renewAt === undefined || Date.now() < held.renewAt) return held;
      token = renewed(held);
      return await token;
    } catch (error) {
      token = undefined;
      throw error;
    }
  }

  /** What cannot be renewed is used to its end, or made anew where the login is ours. */
  async function renewed(held: VaultToken): Promise<VaultToken> {
    const headers = { ...common, 'x-vault-token': held.value };
    const answer = await exchange(urlOf('auth/token/renew-self'), { headers, body: {} });
    const fresh = readToken(answer, Date.now());
    if (fresh) return { ...fresh, repeatable: held.repeatable };
    return held.repeatable ? obtainToken(ports, anonymous, Date.now()) : { ...held, renewAt: undefined };
  }

  async function send(path: string, { method, body, timeout }: VaultRequest): Promise<StoreAnswer> {
    const { value } = await currentToken();
    const headers = { ...common, 'x-vault-token': value };
    const given = { method, headers, ...(body ? { body } : {}), ...(timeout === undefined ? {} : { timeout }) };
    return patient(exchange, urlOf(path), given);
  }

  return {
    get address() {
      address ??= readAddress(ports);
      return namespace ? `${address.origin}, namespace ${namespace}` : address.origin;
    },
    async call(path, request) {
      let answer = await send(path, request);
      if (answer.status === 403 && (await token)?.repeatable) {
        // A token of ours may have been revoked, or have ended while the machine slept.
        token = undefined;
        answer = await send(path, request);
      }
      if ([200, 204, 400, 404].includes(answer.status)) return answer;
      throw refusal(answer);
    },
  };
}

function readAddress(ports: StorePorts): URL {
  const { VAULT_ADDR: text } = ports.env;
  if (text) {
    const url = storeUrl(text, 'VAULT_ADDR', ports);
    return url.pathname.endsWith('/') ? url : new URL(`${url.pathname}/`, url);
  }
  throw new UserError('store_unavailable', 'No Vault is named: VAULT_ADDR is not set.', {
    hint: 'Set it to its address (https://vault.example:8200), or choose another store: mcpkey store use age',
  });
}

async function patient(exchange: StoreExchange, url: URL, request: Parameters<StoreExchange>[1]): Promise<StoreAnswer> {
  for (let tries = 1; ; tries += 1) {
    const answer = await exchange(url, request);
    if (!TRANSIENT.has(answer.status) || tries === TRIES) return answer;
    await sleep(200 * tries + Math.random() * 200);
  }
}

function refusal(answer: StoreAnswer): UserError {
  const said = vaultWords(answer);
  if (answer.status === 403 || answer.status === 401) {
    return new UserError('store_locked', `Vault refuses: ${said}`, {
      hint: 'vault token lookup   (its policy must allow create, read, update, delete and list below mcpkey/)',
    });
  }
  if (answer.status === 503) {
    return new UserError('store_locked', `Vault is sealed or not ready: ${said}`, { hint: 'vault status' });
  }
  if (answer.status >= 300 && answer.status < 400) {
    return new UserError('store_unavailable', 'VAULT_ADDR names a server that sends elsewhere: that is not followed.', {
      hint: 'Set VAULT_ADDR to the active server.',
    });
  }
  return new UserError('store_unavailable', `Vault failed: ${said}`, { hint: 'vault status' });
}
