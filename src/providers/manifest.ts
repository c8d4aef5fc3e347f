/**
 * The manifest: a provider as data. The zod schema in schema.ts holds the same shape and makes schema/provider.json.
 * Words are OpenAPI's where OpenAPI has them; fields of an answer are JSON Pointers (RFC 6901); templates are
 * URI templates (RFC 6570 level 1) with every value percent-encoded in URLs and taken literally in bodies.
 */

export type OperationId = 'create' | 'list' | 'get' | 'rotate' | 'revoke' | 'usage';

export type TimeFormat = 'rfc3339' | 'rfc2822' | 'unix-seconds' | 'unix-milliseconds' | 'local-datetime' | 'sql-datetime';
export type DurationUnit = 'milliseconds' | 'seconds' | 'minutes' | 'hours' | 'days';

export interface TimeField {
  readonly pointer: string;
  readonly format: TimeFormat;
}

export interface ManifestField {
  readonly required?: boolean | undefined;
  /** Template over the other fields and `urlScheme`, `urlHost`, `urlHostname`. */
  readonly default?: string | undefined;
  readonly example?: string | undefined;
  readonly summary?: string | undefined;
}

export interface ManifestLogin {
  readonly method: 'device' | 'web' | 'client-credentials' | 'password' | 'token';
  /** Where the method is found out from the MCP URL (RFC 9728), or fixed endpoints as templates. */
  readonly discovery?: 'mcp' | 'issuer' | 'none' | undefined;
  readonly issuer?: string | undefined;
  readonly tokenEndpoint?: string | undefined;
  readonly authorizationEndpoint?: string | undefined;
  readonly deviceAuthorizationEndpoint?: string | undefined;
  readonly revocationEndpoint?: string | undefined;
  readonly jwksUri?: string | undefined;
  readonly clientId?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly clientAuth?: 'client_secret_basic' | 'client_secret_post' | undefined;
  /** JSON login of the provider's own. */
  readonly request?:
    | {
        readonly path: string;
        readonly email: string;
        readonly password: string;
        readonly token: string;
        readonly expiresIn?: string | undefined;
      }
    | undefined;
}

export interface ManifestScope {
  readonly id: string;
  readonly summary: string;
}

export interface ErrorRule {
  /** All that are given must hold; the first rule that fits wins. */
  readonly when: {
    readonly status?: number | readonly number[] | undefined;
    /** Where the answer came from; absent: either. */
    readonly surface?: 'api' | 'mcp' | undefined;
    readonly operation?: OperationId | 'login' | undefined;
    readonly pointer?: string | undefined;
    readonly equals?: string | number | boolean | null | undefined;
    /** Regular expression on the string at `pointer`, case-insensitive. */
    readonly matches?: string | undefined;
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
  /** Pointer to the service's own words. */
  readonly message?: string | undefined;
  /** The provider's own remedy, as advice to the user. */
  readonly advice?: string | undefined;
}

export type Pagination =
  | { readonly style: 'none' }
  | { readonly style: 'page'; readonly parameter: string; readonly sizeParameter?: string | undefined; readonly size?: number | undefined; readonly total: string; readonly first?: number | undefined }
  | { readonly style: 'offset'; readonly parameter: string; readonly sizeParameter?: string | undefined; readonly size?: number | undefined }
  | { readonly style: 'cursor'; readonly parameter: string; readonly in: 'query' | 'body'; readonly cursor: string; readonly hasMore?: string | undefined }
  | { readonly style: 'last-id'; readonly parameter: string; readonly id: string; readonly hasMore: string }
  | { readonly style: 'link-header' }
  | { readonly style: 'next-url'; readonly pointer: string };

export interface Condition {
  readonly pointer: string;
  readonly equals: string | number | boolean | null;
}

/** A value of a body template: a literal, `{name}` of one input (keeps its type), a text with several, or nested. */
export type BodyTemplate = string | number | boolean | null | readonly BodyTemplate[] | { readonly [key: string]: BodyTemplate };

export interface HttpOperation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Appended to the profile's `url`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly bodyType?: 'json' | 'form' | undefined;
  /** Members whose input is absent are left out; `null` inputs stay. */
  readonly body?: { readonly [key: string]: BodyTemplate } | undefined;
  readonly success: { readonly status: readonly number[]; readonly condition?: Condition | undefined };
  /** Pointer to the service's words where the condition does not hold; the code is `refused`. */
  readonly failureMessage?: string | undefined;
}

export interface KeyFields {
  readonly id: string;
  readonly label: string;
  readonly secret?: string | undefined;
  readonly prefix?: string | undefined;
  readonly scopes?: string | undefined;
  readonly createdAt?: TimeField | undefined;
  readonly expiresAt?: TimeField | undefined;
  readonly lastUsedAt?: TimeField | undefined;
  /** Active where the value at `pointer` equals; else `otherwise`. */
  readonly active?: { readonly pointer: string; readonly equals: string | number | boolean; readonly otherwise: 'revoked' | 'expired' } | undefined;
  readonly metadata?: string | undefined;
  readonly allowedIps?: string | undefined;
}

export interface AssistedOperation {
  readonly mode: 'assisted';
  /** Template of the page. */
  readonly page: string;
  /** Templates over `name`, `scopes`, `expires`, `metadata`, `allowedIps`, `id`, and the profile's fields; a step with an empty input is left out. */
  readonly steps: readonly string[];
}
export interface UnsupportedOperation {
  readonly mode: 'unsupported';
  readonly reason: string;
}
export type CreateOperation = { readonly mode: 'api'; readonly request: HttpOperation; readonly fields: KeyFields };
export type ListOperation = {
  readonly mode: 'api';
  readonly request: HttpOperation;
  /** Pointer to the array; empty: the answer itself. */
  readonly items: string;
  readonly fields: KeyFields;
  readonly pagination: Pagination;
};
export type RevokeOperation = { readonly mode: 'api'; readonly request: HttpOperation };
export type RotateOperation = {
  readonly mode: 'api';
  readonly request: HttpOperation;
  readonly fields: KeyFields;
  /** Whether the id stays, and how long the old key may live on. */
  readonly id: 'same' | 'new';
  readonly overlap?: { readonly input: string; readonly unit: DurationUnit } | undefined;
};
export type UsageOperation = {
  readonly mode: 'api';
  readonly stats: HttpOperation;
  readonly daily: { readonly items: string; readonly date: string; readonly calls: string; readonly records?: string | undefined };
  readonly totals: { readonly calls: string; readonly records?: string | undefined };
  readonly tools: { readonly items: string; readonly name: string; readonly calls: string };
  readonly history?: { readonly request: HttpOperation; readonly items: string } | undefined;
};

/** The same operation as another page of the service documents it, chosen by the profile's `org` (`admin`) or by name. */
export interface Variant<T> {
  readonly name: string;
  readonly summary: string;
  readonly operation: T;
}

export interface ManifestOperations {
  readonly create: CreateOperation | AssistedOperation | UnsupportedOperation;
  readonly list: ListOperation | AssistedOperation | UnsupportedOperation;
  readonly revoke: RevokeOperation | AssistedOperation | UnsupportedOperation;
  readonly rotate?: RotateOperation | AssistedOperation | UnsupportedOperation | undefined;
  readonly usage: UsageOperation | AssistedOperation | UnsupportedOperation;
}

export interface RateLimitHeader {
  readonly header: string;
  /** `auto`: as design's rule tells units apart. */
  readonly format: 'delta-seconds' | 'unix-seconds' | 'unix-milliseconds' | 'http-date' | 'auto';
}

export interface CredentialPlacement {
  readonly url: string;
  readonly header: string;
  readonly scheme?: string | undefined;
}

export interface Manifest {
  readonly id: string;
  readonly title: string;
  readonly docs: string;
  readonly report?: string | undefined;
  readonly profile: {
    readonly url?: ManifestField | undefined;
    readonly mcpUrl?: ManifestField | undefined;
    readonly org?: ManifestField | undefined;
  };
  /** First that works where the command runs is the default. */
  readonly logins: readonly ManifestLogin[];
  readonly operations: ManifestOperations;
  readonly variants?: readonly { readonly name: string; readonly summary: string; readonly operations: Partial<ManifestOperations> }[] | undefined;
  readonly scopes: { readonly known: readonly ManifestScope[]; readonly default: readonly string[]; /** Other scopes are taken where they match. */ readonly pattern?: string | undefined };
  readonly key: {
    /** Anchored regular expression of a key's form. */
    readonly pattern: string;
    /** The literal that every key begins with. */
    readonly prefix: string;
    readonly nameLimit?: number | undefined;
    readonly mark: 'name' | 'metadata' | 'none';
    readonly expiry?:
      | { readonly unit: 'days' | 'seconds' | 'date'; readonly min?: number | undefined; readonly max?: number | undefined; readonly never: boolean; /** Used without `--expires`; in `unit`. */ readonly default?: number | undefined }
      | undefined;
    readonly metadata?: readonly string[] | 'any' | undefined;
    readonly allowedIps?: boolean | undefined;
  };
  readonly rules: { readonly maxActive?: number | undefined; readonly order: 'create-first' | 'revoke-first'; readonly revocationDelay?: number | undefined };
  readonly mcp: {
    readonly key?: CredentialPlacement | undefined;
    readonly login?: CredentialPlacement | undefined;
    readonly signing?:
      | {
          readonly algorithm: 'hmac-sha256';
          readonly timestampHeader: string;
          readonly timestamp: 'unix-seconds' | 'unix-milliseconds';
          readonly signatureHeader: string;
          readonly encoding: 'hex' | 'base64';
          /** Template over `timestamp` and `body`. */
          readonly payload: string;
        }
      | undefined;
  };
  readonly environment?: string | undefined;
  readonly errors: readonly ErrorRule[];
  readonly rateLimit?: { readonly headers: readonly RateLimitHeader[]; readonly requestsPerMinute?: number | undefined } | undefined;
  /** Advice after a key was made (rotation period and the like). */
  readonly advice?: { readonly rotateAfterDays?: number | undefined; readonly text?: string | undefined } | undefined;
}
