/**
 * The manifest: a provider as data. The zod schema in schema.ts holds the same shape and makes schema/provider.json.
 * Words are OpenAPI's where OpenAPI has them.
 */
import type { DurationUnit, ManifestDuration, ManifestOperations, OperationId, TimeFormat } from './manifest-http.ts';

export type * from './manifest-http.ts';

/** The profile's fields that a manifest may ask for; names as in the profile. */
export type ProfileFieldId = 'url' | 'mcpUrl' | 'org' | 'header' | 'dashboard' | 'keyPattern' | 'command' | 'variable';

export interface ManifestField {
  readonly required?: boolean | undefined;
  /**
   * Template over the other fields and `urlScheme`, `urlHost` (with port), `urlHostname`. `{+name}` (RFC 6570 level 2)
   * takes a value unencoded; only `url`, `mcpUrl`, `urlHost` and `urlHostname` may stand there, checked URLs all.
   */
  readonly default?: string | undefined;
  readonly enum?: readonly string[] | undefined;
  readonly example?: string | undefined;
  readonly summary?: string | undefined;
}

export interface ManifestLogin {
  readonly method: 'device' | 'web' | 'client-credentials' | 'password' | 'token';
  /** Where the endpoints come from: the MCP URL (RFC 9728), the issuer's metadata (RFC 8414), or this manifest alone. */
  readonly discovery?: 'mcp' | 'issuer' | 'none' | undefined;
  /** Templates over the profile's fields. */
  readonly issuer?: string | undefined;
  readonly tokenEndpoint?: string | undefined;
  readonly authorizationEndpoint?: string | undefined;
  readonly deviceAuthorizationEndpoint?: string | undefined;
  readonly revocationEndpoint?: string | undefined;
  readonly jwksUri?: string | undefined;
  readonly clientId?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly clientAuth?: 'client_secret_basic' | 'client_secret_post' | undefined;
  /** Signature algorithms (RFC 7518) of tokens that the service takes; absent: any asymmetric one. */
  readonly algorithms?: readonly string[] | undefined;
  /** A JSON login of the provider's own: path below `url`, names of the two fields, pointers into the answer. */
  readonly request?:
    | {
        readonly path: string;
        readonly email: string;
        readonly password: string;
        readonly token: string;
        /** Seconds. */
        readonly expiresIn?: string | undefined;
      }
    | undefined;
}

export interface ManifestScope {
  readonly id: string;
  readonly summary: string;
}

export interface ManifestScopes {
  /** None known and no pattern: the service has no scopes. */
  readonly known: readonly ManifestScope[];
  /** Sent where the person chose none. */
  readonly default: readonly string[];
  /** Anchored; other scopes are taken where they match. */
  readonly pattern?: string | undefined;
}

export interface ErrorRule {
  /** All that are given must hold; the first rule that fits wins. */
  readonly when: {
    readonly status?: number | readonly number[] | undefined;
    /** Where the answer came from; absent: either. */
    readonly surface?: 'api' | 'mcp' | undefined;
    readonly operation?: OperationId | 'login' | readonly (OperationId | 'login')[] | undefined;
    /** With `equals`, `matches` or `absent`. */
    readonly pointer?: string | undefined;
    readonly equals?: string | number | boolean | null | undefined;
    /** Regular expression, case-insensitive, on the text at `pointer`, else on the whole body's beginning. */
    readonly matches?: string | undefined;
    /** True: nothing lies at `pointer`. */
    readonly absent?: boolean | undefined;
  };
  readonly code:
    | 'invalid_token'
    | 'invalid_api_key'
    | 'api_key_required'
    | 'insufficient_scope'
    | 'not_found'
    | 'rate_limited'
    | 'refused'
    | 'unsupported'
    | 'not_logged_in'
    | 'conflict'
    | 'usage'
    | 'server_error';
  /** What it means, where the status alone misleads. */
  readonly meaning?: string | undefined;
  /** Pointer to the service's own words. */
  readonly message?: string | undefined;
  /** The provider's own remedy, as advice to the user. `{profile}` is the profile's name. */
  readonly advice?: string | undefined;
}

export interface RateLimitHeader {
  readonly header: string;
  /** `auto`: above 10^12 milliseconds since 1970, above 10^9 seconds since 1970, else seconds from now. */
  readonly format: 'delta-seconds' | 'unix-seconds' | 'unix-milliseconds' | 'http-date' | 'auto';
}

export interface CredentialPlacement {
  /** Template: usually `{+mcpUrl}`. */
  readonly url: string;
  /** Appended to the path unless it ends so already. */
  readonly suffix?: string | undefined;
  readonly header: string;
  readonly scheme?: string | undefined;
}

export interface RequestSigning {
  readonly algorithm: 'hmac-sha256';
  readonly timestampHeader: string;
  readonly timestamp: 'unix-seconds' | 'unix-milliseconds';
  readonly signatureHeader: string;
  readonly encoding: 'hex' | 'base64';
  /** Template over `timestamp` and `body`: what is signed with the key. */
  readonly payload: string;
}

/** How a session's token goes to the key API (OpenAPI security scheme). `basic`: the token is `user:password`. */
export type SecurityScheme =
  | { readonly type: 'http'; readonly scheme: 'bearer' | 'basic' }
  | { readonly type: 'apiKey'; readonly in: 'header'; readonly name: string };

export interface KeyExpiry {
  /** The service counts in this; what the person asked for is rounded up to it. */
  readonly unit: DurationUnit;
  /** Sent as a point in time instead of a number of units. */
  readonly as?: TimeFormat | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  /** How a key without end is asked for; `false`: there is none. */
  readonly never: false | 'null' | 'omit';
  /** In `unit`, where the person chose nothing; 90 days where absent. */
  readonly default?: number | undefined;
}

export interface KeyForm {
  /** Anchored regular expression. */
  readonly pattern: string;
  /** The same in words: `sk- and 64 hex digits`. */
  readonly form?: string | undefined;
  /** The literal that every key begins with. */
  readonly prefix: string;
  /** In characters, the mark included. */
  readonly nameLimit?: number | undefined;
  /** Where the mark of an operation goes; `none` where no answer can be lost (assisted). */
  readonly mark: 'name' | 'metadata' | 'none';
  /** Absent: keys of this service do not expire. */
  readonly expiry?: KeyExpiry | undefined;
  /** Absent: none; a list: these names alone. */
  readonly metadata?: readonly string[] | 'any' | undefined;
  readonly allowedIps?: boolean | undefined;
}

/** The same operations as another page of the service documents them, chosen by the profile's `org`. */
export interface ManifestVariant {
  readonly org: string;
  readonly summary: string;
  readonly operations: { readonly [Id in OperationId]?: ManifestOperations[Id] | undefined };
  readonly scopes?: ManifestScopes | undefined;
}

export interface Manifest {
  readonly $schema?: string | undefined;
  readonly id: string;
  readonly title: string;
  /** The service’s own pages about its keys; absent where none are published. */
  readonly docs?: string | undefined;
  /** Where to report a fault of the service or of this manifest. */
  readonly report?: string | undefined;
  /** Hosts it may talk to besides those in its defaults; `*.` begins a pattern. Shown before it is added. */
  readonly hosts?: readonly string[] | undefined;
  readonly profile: { readonly [Id in ProfileFieldId]?: ManifestField | undefined } & {
    /** One of these sets of fields must be there. */
    readonly anyOf?: readonly (readonly ProfileFieldId[])[] | undefined;
  };
  /** First that works where the command runs is the default. */
  readonly logins: readonly ManifestLogin[];
  /** Bearer where absent. */
  readonly security?: SecurityScheme | undefined;
  readonly operations: ManifestOperations;
  readonly variants?: readonly ManifestVariant[] | undefined;
  readonly scopes: ManifestScopes;
  readonly key: KeyForm;
  readonly rules: {
    readonly maxActive?: number | undefined;
    readonly order: 'create-first' | 'revoke-first';
    /** How long a revoked key may still be accepted, or a new one refused. */
    readonly settling?: ManifestDuration | undefined;
  };
  readonly mcp: {
    readonly key?: CredentialPlacement | undefined;
    readonly login?: CredentialPlacement | undefined;
    /** Only with the profile's `--sign`. */
    readonly signing?: RequestSigning | undefined;
  };
  /** Environment variable by convention. */
  readonly environment?: string | undefined;
  readonly errors: readonly ErrorRule[];
  readonly rateLimit?:
    | {
        /** `Retry-After` is always read; these besides it. `X-RateLimit-Reset` as `auto` where absent. */
        readonly headers: readonly RateLimitHeader[];
        readonly requestsPerMinute?: number | undefined;
      }
    | undefined;
  /** Advice after a key was made. */
  readonly advice?:
    | { readonly rotateAfter?: ManifestDuration | undefined; readonly text?: string | undefined }
    | undefined;
}
