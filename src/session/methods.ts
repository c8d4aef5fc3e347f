/** Which way to log in, where the person named none. */
import type { LoginMethodId } from '../auth/types.ts';
import type { Env } from '../context.ts';
import { UserError } from '../errors.ts';
import type { Profile } from '../profiles.ts';
import type { Provider } from '../providers/types.ts';
import type { EnvironmentCredentials } from './environment.ts';
import { noLogin } from './request.ts';

export interface Surroundings {
  readonly env: Env;
  readonly platform: NodeJS.Platform;
  /** True where a person can be asked. */
  readonly attended: boolean;
  readonly credentials: EnvironmentCredentials;
}

/**
 * The provider's ways that work here, best first: the one that the profile used last, then the manifest's order.
 * Throws `unsupported` where the provider has no login, `usage` where none works without a person.
 */
export function fittingMethods(profile: Profile, provider: Provider, here: Surroundings): readonly LoginMethodId[] {
  if (provider.manifest.logins.length === 0) throw noLogin(provider);
  if (profile.method === 'github-oidc' && here.credentials.job) return ['github-oidc'];
  const offered = offeredMethods(profile, provider, here);
  const fitting = lastUsedFirst(offered, profile.method).filter((method) => fits(method, here));
  if (fitting.length > 0) return hasBrowser(here) ? fitting : deviceFirst(fitting);
  throw new UserError('usage', `No login of ${provider.title} works without a person here.`, {
    provider: provider.id,
    hint: wayOut(offered),
  });
}

/** With an identity provider of one's own, a person's way goes before a machine's, unless its secret is at hand. */
function offeredMethods(profile: Profile, provider: Provider, here: Surroundings): readonly LoginMethodId[] {
  const own = profile.issuer !== undefined;
  return provider.manifest.logins
    .filter((login) => own || login.discovery !== 'issuer')
    .map((login): LoginMethodId => login.method)
    .filter((method) => method !== 'token')
    .filter((method) => !own || method !== 'client-credentials' || here.credentials.clientSecret !== undefined);
}

const lastUsedFirst = (methods: readonly LoginMethodId[], last: LoginMethodId | undefined): readonly LoginMethodId[] =>
  last !== undefined && methods.includes(last) ? [last, ...methods.filter((method) => method !== last)] : methods;

function fits(method: LoginMethodId, { attended, credentials }: Surroundings): boolean {
  if (method === 'client-credentials') return attended || credentials.clientSecret !== undefined;
  if (method === 'password') return attended || (credentials.email !== undefined && credentials.password !== undefined);
  return attended;
}

/** The redirect of a browser login ends on this machine: over SSH, or without a display, the device code goes before it. */
const deviceFirst = (methods: readonly LoginMethodId[]): readonly LoginMethodId[] =>
  methods.includes('web') && methods.includes('device')
    ? methods.flatMap((method) =>
        method === 'device' ? [] : method === 'web' ? (['device', 'web'] as const) : [method],
      )
    : methods;

/** True where a browser of this machine can be opened, and its redirect comes back to it. */
export function hasBrowser({ env, platform }: Pick<Surroundings, 'env' | 'platform'>): boolean {
  if (env.BROWSER) return env.BROWSER !== 'none';
  if (env.SSH_CONNECTION || env.SSH_TTY) return false;
  if (platform === 'win32' || platform === 'darwin') return true;
  return Boolean(env.DISPLAY || env.WAYLAND_DISPLAY || env.WSL_DISTRO_NAME);
}

function wayOut(ids: readonly LoginMethodId[]): string {
  const lines = [
    ids.includes('password') && 'MCPKEY_EMAIL and MCPKEY_PASSWORD in the environment',
    ids.includes('client-credentials') && 'MCPKEY_CLIENT_ID and MCPKEY_CLIENT_SECRET in the environment',
    ids.includes('device') && '--device, and approve elsewhere',
    'a token on stdin with --token-stdin, or in MCPKEY_TOKEN',
  ];
  return `Use ${lines.filter(Boolean).join('; ')}.`;
}
