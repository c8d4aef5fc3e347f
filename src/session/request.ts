/** From a profile and its provider's manifest to what a login method asks for. */
import type { LoginEndpoints, LoginMethodId, LoginRequest } from '../auth/types.ts';
import { UserError } from '../errors.ts';
import type { Profile } from '../profiles.ts';
import type { ManifestLogin } from '../providers/manifest.ts';
import { templateFields } from '../providers/settings.ts';
import { fillUrl } from '../providers/templates.ts';
import type { Provider } from '../providers/types.ts';
import { typed } from '../typed.ts';
import type { EnvironmentCredentials } from './environment.ts';

export interface RequestParts {
  readonly method: LoginMethodId;
  /** Chosen for this login; empty: the profile's, else the manifest's. */
  readonly scopes: readonly string[];
  readonly credentials: Omit<EnvironmentCredentials, 'variables'>;
  readonly redirectPort?: number | undefined;
}

/** Throws `unsupported` where the provider has no such login, `usage` where `--issuer` or a scope makes no sense. */
export function buildRequest(profile: Profile, provider: Provider, parts: RequestParts): LoginRequest {
  const declared = declaredLogin(provider, parts.method);
  const { settings } = provider;
  const { credentials } = parts;
  if (declared.discovery === 'issuer' && !profile.issuer && !isBrought(parts.method)) {
    throw new UserError('usage', `This login to ${provider.title} is at your own identity provider.`, {
      provider: provider.id,
      hint: typed`Name it: mcpkey login ${profile.name} --${parts.method} --issuer URL --client-id ID --audience AUD`,
    });
  }
  if (parts.scopes.length > 0 && (parts.method === 'password' || isBrought(parts.method))) {
    throw new UserError('usage', 'This login has no scopes to choose.', {
      provider: provider.id,
      hint: 'Leave --scope out.',
    });
  }
  // The manifest's scopes are those of the service's own server, not of the person's identity provider.
  const usual = profile.issuer === undefined ? (declared.scopes ?? []) : [];
  const scopes = parts.scopes.length > 0 ? parts.scopes : (profile.scopes ?? usual);
  return {
    url: settings.url,
    mcpUrl: declared.discovery === 'mcp' ? settings.mcpUrl : undefined,
    issuer: profile.issuer,
    clientId: profile.clientId ?? credentials.clientId ?? declared.clientId,
    clientSecret: credentials.clientSecret,
    audience: profile.audience,
    scopes,
    allowHttp: settings.allowHttp,
    email: credentials.email,
    password: credentials.password,
    token: credentials.token,
    job: credentials.job,
    // A token from elsewhere is for the endpoint that it goes to.
    ...(parts.method === 'github-oidc' ? { resource: settings.mcpUrl ?? settings.url } : {}),
    endpoints: fillEndpoints(declared, provider),
    redirectPort: parts.redirectPort,
  };
}

/** The token comes from elsewhere, as it is. */
const isBrought = (method: LoginMethodId): boolean => method === 'token' || method === 'github-oidc';

/** The manifest's words on a method; a service that takes tokens from elsewhere takes a job's. */
export function declaredLogin(provider: Provider, method: LoginMethodId): ManifestLogin {
  const { logins } = provider.manifest;
  const wanted = isBrought(method) ? 'token' : method;
  const found = logins.find((login) => login.method === wanted);
  if (found) return found;
  if (logins.length === 0) throw noLogin(provider);
  const ways = logins.map((login) => (login.method === 'token' ? '--token-stdin' : `--${login.method}`)).join(', ');
  throw new UserError('unsupported', `${provider.title} has no such login.`, {
    provider: provider.id,
    hint: `It has: ${ways}`,
  });
}

export function noLogin(provider: Provider): UserError {
  return new UserError('unsupported', `${provider.title} has no login: its keys are made in its dashboard.`, {
    provider: provider.id,
    hint: 'mcpkey create   or   mcpkey import NAME',
  });
}

function fillEndpoints(declared: ManifestLogin, provider: Provider): LoginEndpoints {
  const fields = templateFields(provider.settings);
  const fill = (template: string | undefined) => (template === undefined ? undefined : fillUrl(template, fields));
  const { request, clientAuth, algorithms } = declared;
  const { url = '' } = provider.settings;
  return {
    issuer: fill(declared.issuer),
    tokenEndpoint: fill(declared.tokenEndpoint),
    authorizationEndpoint: fill(declared.authorizationEndpoint),
    deviceAuthorizationEndpoint: fill(declared.deviceAuthorizationEndpoint),
    revocationEndpoint: fill(declared.revocationEndpoint),
    jwksUri: fill(declared.jwksUri),
    clientAuth,
    algorithms,
    password: request && {
      url: `${url}${request.path}`,
      email: request.email,
      password: request.password,
      token: request.token,
      expiresIn: request.expiresIn,
    },
  };
}
