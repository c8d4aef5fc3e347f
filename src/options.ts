/** Options that several commands take, with what they mean written once. */
import { flag, list, value } from './command.ts';
import type { KeyWishes } from './keys/options.ts';

/** What a key shall be like. */
export const KEY_OPTIONS = {
  scope: list('S', 'a scope of the key (repeatable; default: the least that the service documents)'),
  expires: value('DURATION|never', 'when it ends (default 90d where the service has expiry)'),
  metadata: list('K=V', 'metadata of the key (repeatable)'),
  allowIp: list('CIDR', 'addresses that may use it (repeatable)'),
};

export const wishesOf = (options: {
  scope: string[];
  expires: string | undefined;
  metadata: string[];
  allowIp: string[];
}): KeyWishes => ({
  scopes: options.scope,
  expires: options.expires,
  metadata: options.metadata,
  allowedIps: options.allowIp,
});

/** Where a key is placed, for commands that make one. */
export const PLACE_OPTIONS = {
  place: list('CLIENT', 'place it into this client (repeatable)', { completes: 'client' }),
  project: flag("place into the project's files instead of the user's"),
};

/** What a profile is, for commands that make or change one. */
export const PROFILE_OPTIONS = {
  url: value('URL', 'where the key API is'),
  mcpUrl: value('URL', 'where the MCP endpoint is'),
  org: value('ORG', 'the organisation, where the service has such'),
  allowHttp: flag('allow http:// to another host (kept with the profile)'),
  sign: flag('sign each request, where the service can check it (kept with the profile)'),
};

/** What a `generic` profile is besides. */
export const GENERIC_OPTIONS = {
  header: value('NAME', "the header that carries the key: NAME or 'NAME: SCHEME' (default 'Authorization: Bearer')"),
  dashboard: value('URL', 'the page where keys are made'),
  keyPattern: value('RE', 'a regular expression that every key matches'),
  command: value('COMMAND', "the command of a local server: 'npx -y @acme/mcp'"),
  env: list('VAR[=KEY]', 'the variable in which the local server expects the key, or another key (repeatable)'),
};

/** How to log in. */
export const LOGIN_OPTIONS = {
  device: flag('approve in a browser on any device (RFC 8628)'),
  web: flag('sign in with the browser on this machine (authorization code with PKCE)'),
  clientCredentials: flag('by client id and secret (MCPKEY_CLIENT_ID, MCPKEY_CLIENT_SECRET, or asked for)'),
  password: flag('by e-mail and password (MCPKEY_EMAIL, MCPKEY_PASSWORD, or asked for)'),
  tokenStdin: flag('with a JWT from elsewhere, read from stdin'),
  githubOidc: flag('by the identity of this GitHub Actions job, for the service named by --audience'),
  issuer: value('URL', 'your own identity provider, or the authorization server'),
  clientId: value('ID', 'the client id to log in with; an https URL is a client ID metadata document'),
  audience: value('AUD', 'the audience that the token must have'),
  noBrowser: flag('open no browser, only print the address'),
  redirectPort: value('PORT', 'the port of the browser login’s redirect, for servers that compare it'),
};
