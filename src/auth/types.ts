import type { Secret } from '../secret.ts';
import type { Patience } from './patience.ts';

export type { Patience } from './patience.ts';

export type LoginMethodId = 'device' | 'web' | 'client-credentials' | 'password' | 'token' | 'github-oidc';

/** What a login yields. Kept in the secret store as one JSON document; a password is never part of it. */
export interface Session {
  readonly method: LoginMethodId;
  readonly accessToken: Secret;
  readonly refreshToken?: Secret | undefined;
  /** RFC 3339 UTC; undefined where the server does not say. */
  readonly expiresAt?: string | undefined;
  readonly scope?: string | undefined;
  /** E-mail, subject or client id, to show in `whoami`. */
  readonly account?: string | undefined;
  /** OAuth: which server and client the tokens belong to; a changed issuer never reuses them. */
  readonly issuer?: string | undefined;
  readonly clientId?: string | undefined;
  readonly clientSecret?: Secret | undefined;
  /** RFC 8707 resource indicator, sent with every request for a token. */
  readonly resource?: string | undefined;
  /** `audience` of the own identity provider's tokens. */
  readonly audience?: string | undefined;
  readonly tokenEndpoint?: string | undefined;
  readonly revocationEndpoint?: string | undefined;
  /** RFC 7591/8414 `token_endpoint_auth_method` that worked. */
  readonly clientAuth?: 'none' | 'client_secret_basic' | 'client_secret_post' | undefined;
}

/** What the person chose, and what the profile and manifest say. Absent fields are found by discovery. */
export interface LoginRequest {
  /** Key API origin, for the password way. */
  readonly url?: string | undefined;
  readonly mcpUrl?: string | undefined;
  readonly issuer?: string | undefined;
  readonly clientId?: string | undefined;
  readonly clientSecret?: Secret | undefined;
  readonly audience?: string | undefined;
  readonly scopes: readonly string[];
  readonly resource?: string | undefined;
  readonly allowHttp: boolean;
  readonly email?: string | undefined;
  readonly password?: Secret | undefined;
  readonly token?: Secret | undefined;
  /** Where a job of GitHub Actions asks for its own identity, and what lets it. */
  readonly job?: { readonly url: string; readonly token: Secret } | undefined;
  /** The manifest's fixed endpoints and JSON login, where its pages name them. */
  readonly endpoints?: LoginEndpoints | undefined;
  /** Fixed port of the loopback redirect; 0 or absent: any. */
  readonly redirectPort?: number | undefined;
}

export interface LoginEndpoints {
  readonly issuer?: string | undefined;
  readonly tokenEndpoint?: string | undefined;
  readonly authorizationEndpoint?: string | undefined;
  readonly deviceAuthorizationEndpoint?: string | undefined;
  readonly revocationEndpoint?: string | undefined;
  readonly jwksUri?: string | undefined;
  /** The client authentication that the service documents. */
  readonly clientAuth?: 'client_secret_basic' | 'client_secret_post' | undefined;
  /** Signature algorithms (RFC 7518) that the service takes; absent: any asymmetric one. */
  readonly algorithms?: readonly string[] | undefined;
  /** JSON login: absolute URL, names of the two fields, JSON Pointers into the answer. `expiresIn` counts seconds. */
  readonly password?:
    | { url: string; email: string; password: string; token: string; expiresIn?: string | undefined }
    | undefined;
}

/** A client made by dynamic registration (RFC 7591). */
export interface Registration {
  readonly clientId: string;
  readonly clientSecret?: Secret | undefined;
  readonly clientAuth?: Session['clientAuth'];
  /** The redirect URI it was registered with; its port is asked for again. */
  readonly redirectUri?: string | undefined;
  /** The grant it was registered for; undefined where that was not kept. */
  readonly grant?: string | undefined;
}

/** Registrations by issuer: a changed issuer never reuses one. */
export interface Registrations {
  get(issuer: string): Promise<Registration | undefined>;
  set(issuer: string, registration: Registration): Promise<void>;
}

export interface DevicePrompt {
  readonly verificationUri: string;
  readonly userCode: string;
  readonly verificationUriComplete?: string | undefined;
  /** Seconds. */
  readonly expiresIn: number;
}

/** What a login may use; HTTP obeys the profile's proxy, CA, time-out and redaction. */
export interface LoginPorts {
  readonly fetch: typeof fetch;
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
  /** Shows URL and code (and a QR code); does not wait. */
  showDevice(prompt: DevicePrompt): void;
  /** Shows the URL and opens a browser where there is one. */
  openBrowser(authorizationUrl: string): Promise<void>;
  /** Progress in one line, for `--verbose`. */
  note(text: string): void;
  readonly registrations: Registrations;
  readonly patience?: Patience | undefined;
}

/** What renewing and revoking need; `allowHttp` is the profile's. */
export type SessionPorts = Pick<LoginPorts, 'fetch' | 'now' | 'signal' | 'patience'> & { readonly allowHttp: boolean };

export interface Revocation {
  /** True where the server has ended the login. */
  readonly revoked: boolean;
  /** Why not, in one line for a person. */
  readonly reason?: string | undefined;
}

/**
 * One way to log in. Throws `not_logged_in` (refused, denied, expired), `usage` (something needed is missing),
 * `unsupported` (the server has no such grant), `unreachable`, `bad_response`, or `Cancelled`.
 */
export interface LoginMethod {
  readonly id: LoginMethodId;
  /** Long option that chooses it, without dashes: `token-stdin` for `token`. */
  readonly option: string;
  readonly title: string;
  run(request: LoginRequest, ports: LoginPorts): Promise<Session>;
}
