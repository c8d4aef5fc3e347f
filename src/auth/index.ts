import type { LoginMethod, LoginMethodId } from './types.ts';

/** Every way to log in, loaded when used. */
export const LOGINS = {
  device: async () => (await import('./device.ts')).device,
  web: async () => (await import('./web.ts')).web,
  'client-credentials': async () => (await import('./client-credentials.ts')).clientCredentials,
  password: async () => (await import('./password.ts')).password,
  'github-oidc': async () => (await import('./github-oidc.ts')).githubOidc,
  token: async () => (await import('./token.ts')).token,
} satisfies Record<LoginMethodId, () => Promise<LoginMethod>>;
