/** What a started mcpkey needs of the environment that it was placed from, and will not find where a client starts it. */
import { isAbsolute, resolve } from 'node:path';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { Credential } from '../keys/credential.ts';
import { typed } from '../typed.ts';

type Parts = Pick<Context, 'env' | 'cwd' | 'home' | 'platform' | 'vault'>;

/** Paths are written out in full, since a client starts in another folder. */
const PATHS = [
  'MCPKEY_HOME',
  'MCPKEY_AGE_IDENTITY',
  'MCPKEY_AGE_DIR',
  'MCPKEY_ETCD_CACERT',
  'MCPKEY_ETCD_CERT',
  'MCPKEY_ETCD_KEY',
  'VAULT_CACERT',
  'VAULT_CLIENT_CERT',
  'VAULT_CLIENT_KEY',
  'NODE_EXTRA_CA_CERTS',
] as const;
const TEXTS = [
  'MCPKEY_STORE',
  'MCPKEY_MACHINE',
  'MCPKEY_ETCD_ENDPOINTS',
  'MCPKEY_ETCD_USER',
  'VAULT_ADDR',
  'VAULT_NAMESPACE',
  'MCPKEY_VAULT_MOUNT',
  'MCPKEY_VAULT_PATH',
  'MCPKEY_VAULT_AUTH_MOUNT',
  'MCPKEY_VAULT_ROLE',
  'MCPKEY_VAULT_ROLE_ID',
  'MCPKEY_STORE_ALLOW_HTTP',
  'MCPKEY_AGE_RECIPIENTS',
  'NO_PROXY',
  'no_proxy',
] as const;
/** A secret, or the path of the file that holds it: only a path is written out. */
const PATHS_OR_SECRETS = ['MCPKEY_VAULT_SECRET_ID', 'MCPKEY_VAULT_JWT'] as const;
/** Where mcpkey's own files are, unless MCPKEY_HOME says it. Empty on other systems than Linux and its like. */
const FOLDERS = ['XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_STATE_HOME'] as const;
const PROXIES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'] as const;

/** Names whose values are shown in a diff: none of them is ever a secret. */
export const CARRIED: ReadonlySet<string> = new Set([
  ...PATHS,
  ...TEXTS,
  ...FOLDERS,
  ...PROXIES,
  'DBUS_SESSION_BUS_ADDRESS',
]);

/** Throws `usage` where what is needed there is a secret, and says how to put it into a file. */
export async function carriedEnv(
  context: Parts,
  credential: Pick<Credential, 'profile' | 'record' | 'kind'>,
): Promise<{ env: Record<string, string>; warnings: string[] }> {
  const store = await storeOf(context, credential);
  if (credential.kind === 'login') await refuseBorrowedLogin(context, credential.profile.name);
  return carriedFor(context, store);
}

/** The same where no one key is meant: for what is kept in `store`. */
export function carriedFor(
  context: Pick<Context, 'env' | 'cwd' | 'home' | 'platform'>,
  store: string,
): { env: Record<string, string>; warnings: string[] } {
  const { env } = context;
  refuseSecrets(context, store);
  const carried: Record<string, string> = {};
  for (const name of PATHS) {
    const value = env[name];
    if (value && !isIdentity(value)) carried[name] = fullPath(context, value);
  }
  for (const name of [...TEXTS, ...(env.MCPKEY_HOME ? [] : FOLDERS)]) {
    const value = env[name];
    if (value) carried[name] = value;
  }
  for (const name of PATHS_OR_SECRETS) {
    const value = env[name];
    if (store === 'vault' && value && isPath(value)) carried[name] = fullPath(context, value);
  }
  const bus = env.DBUS_SESSION_BUS_ADDRESS;
  if (bus && store === 'keychain' && !isUsualBus(bus)) carried.DBUS_SESSION_BUS_ADDRESS = bus;
  const warnings: string[] = [];
  for (const name of PROXIES) {
    const value = env[name];
    if (!value) continue;
    if (hasPassword(value))
      warnings.push(
        `${name} holds a password and is not written there; what is started from there connects without it.`,
      );
    else carried[name] = value;
  }
  return { env: carried, warnings };
}

const isIdentity = (value: string) => /^AGE-(SECRET-KEY|PLUGIN)-/i.test(value.trim());
const isPath = (value: string) => /^(?:\/|[A-Za-z]:\\)/.test(value);
const isUsualBus = (address: string) => /^unix:path=\/run\/user\/\d+\/bus(,|$)/.test(address);

function fullPath({ cwd, home }: Pick<Context, 'cwd' | 'home'>, value: string): string {
  if (value === '~' || value.startsWith('~/')) return resolve(home, value.slice(2));
  return isAbsolute(value) ? value : resolve(cwd, value);
}

function hasPassword(value: string): boolean {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return url ? url.password !== '' : /:[^/@]+@/.test(value);
}

/** The store that the secret lies in; of a login, and where the index does not say, the current one. */
async function storeOf({ vault }: Parts, { profile, record }: Pick<Credential, 'profile' | 'record'>): Promise<string> {
  const index = await vault.index();
  const mine = index.find((entry) => entry.profile === profile.name && entry.record === record?.secret);
  return mine?.store ?? (await vault.currentStore());
}

/** A login that is only in the environment is not there when a client starts mcpkey. */
async function refuseBorrowedLogin({ env, vault }: Parts, profile: string): Promise<void> {
  const own = profile.toUpperCase().replace(/[^A-Z0-9]/g, '_');
  const named = CREDENTIALS.flatMap((name) => [`MCPKEY_${name}`, `MCPKEY_${own}_${name}`]).find((name) => env[name]);
  if (!named || (await vault.session(profile))) return;
  throw new UserError('usage', `${named} is needed where mcpkey is started later, and no secret is written there.`, {
    hint: typed`Log in, so that the session is in the secret store: mcpkey login ${profile}`,
  });
}

const CREDENTIALS = ['TOKEN', 'CLIENT_SECRET', 'PASSWORD'] as const;

function refuseSecrets({ env }: Pick<Context, 'env'>, store: string): void {
  const refuse = (what: string, hint: string) => {
    throw new UserError('usage', `${what} is needed where mcpkey is started later, and no secret is written there.`, {
      hint,
    });
  };
  if ((store === 'age' || store === 'etcd') && isIdentity(env.MCPKEY_AGE_IDENTITY ?? '')) {
    refuse(
      'The age identity in MCPKEY_AGE_IDENTITY',
      'Put it into a file: (umask 077; printenv MCPKEY_AGE_IDENTITY > ~/.config/mcpkey-identity), set MCPKEY_AGE_IDENTITY to its path, and run the command again.',
    );
  }
  if (store === 'vault' && env.VAULT_TOKEN) {
    refuse(
      'VAULT_TOKEN',
      'Log in so that the token is in its file: vault login; unset VAULT_TOKEN; and run the command again.',
    );
  }
  for (const name of PATHS_OR_SECRETS) {
    const value = env[name];
    if (store !== 'vault' || !value || isPath(value)) continue;
    refuse(name, `Put it into a file that only you can read, set ${name} to its path, and run the command again.`);
  }
  if (store === 'etcd' && env.MCPKEY_ETCD_PASSWORD) {
    refuse(
      'MCPKEY_ETCD_PASSWORD',
      'Keep the key in another store: mcpkey store migrate --to keychain, and run the command again.',
    );
  }
  if (store === 'env') {
    refuse(
      'The variable that holds the key',
      'Use --mode env, or keep the key in a store: mcpkey import NAME --store keychain',
    );
  }
}
