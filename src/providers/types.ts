import type { UserError } from '../errors.ts';
import type { Secret } from '../secret.ts';
import type { Manifest, OperationId } from './manifest.ts';

export type { Manifest, OperationId } from './manifest.ts';

/** The values that fill a manifest's templates: the profile's fields, with the manifest's defaults filled in. */
export interface ProviderSettings {
  /** Name of the profile, for the commands that advice names; the manifest's id where absent. */
  readonly profile?: string | undefined;
  /** Origin (and base path) of the key API, no trailing slash. */
  readonly url?: string | undefined;
  readonly mcpUrl?: string | undefined;
  readonly org?: string | undefined;
  /** `generic`: the header that carries the key, `NAME` or `NAME: SCHEME`. */
  readonly header?: string | undefined;
  readonly dashboard?: string | undefined;
  readonly keyPattern?: string | undefined;
  /** Command line of a local server, word by word. */
  readonly command?: readonly string[] | undefined;
  /** The variable in which the local server expects the key. */
  readonly variable?: string | undefined;
  /** What else a local server's environment has; no secret is among it. */
  readonly variables?: Readonly<Record<string, string>> | undefined;
  /** Further variables of a local server that take keys, and the ref of each. */
  readonly keys?: Readonly<Record<string, string>> | undefined;
  /** `generic`: headers that go to the endpoint besides the key's. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** `generic`: the parameter of the endpoint's address that carries the key instead of a header. */
  readonly query?: string | undefined;
  readonly sign: boolean;
  readonly allowHttp: boolean;
}

/** One HTTP request of a key API, before authorisation. `url` is absolute. */
export interface ApiRequest {
  readonly operation: OperationId | 'login';
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?:
    | { readonly type: 'json'; readonly value: unknown }
    | { readonly type: 'form'; readonly value: Readonly<Record<string, string>> };
  /** May be repeated without harm. A request that makes something is not. */
  readonly repeatable: boolean;
  /** `none` for a login; `session` (default) sends the profile's bearer token. */
  readonly authorization?: 'session' | 'none';
}

/** An answer whose status, size and JSON were read; success or not is for the manifest to say. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON, or undefined where the body is empty or no JSON. */
  readonly body: unknown;
  readonly text: string;
  readonly url: string;
}

/**
 * Sends one request: authorises it, renews the session once after a 401, obeys rate limits, retries what is repeatable.
 * Throws `unreachable`, `bad_response` (size, redirect to another origin, a success that is no JSON), `not_logged_in`,
 * `usage` (plain http); answers of any other status return. Where the request may have been carried out all the same,
 * the error says so (`isUnanswered`).
 */
export type ApiCall = (request: ApiRequest) => Promise<ApiAnswer>;

/** A key as the service has it. Times are RFC 3339 UTC. */
export interface RemoteKey {
  readonly id: string;
  /** As the service has it, with the mark. */
  readonly label: string;
  readonly prefix: string | null;
  readonly scopes: readonly string[];
  readonly createdAt: string | null;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
  readonly status: 'active' | 'expired' | 'revoked' | 'unknown';
  readonly metadata: Readonly<Record<string, string>>;
  readonly allowedIps: readonly string[];
  /** Mark found in the metadata, where the service keeps it there. */
  readonly mark?: string | undefined;
}

export interface CreateInput {
  /** Name with the mark already applied by `markLabel`. */
  readonly label: string;
  readonly mark: string;
  readonly scopes: readonly string[];
  /** Milliseconds; null means never; undefined leaves it to the service. */
  readonly lifetime: number | null | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly allowedIps: readonly string[];
}

export interface CreatedKey extends RemoteKey {
  readonly secret: Secret;
}

export interface UsageReport {
  readonly days: number;
  readonly totalCalls: number;
  readonly totalRecords: number | null;
  readonly daily: readonly { date: string; calls: number; records: number | null }[];
  readonly tools: readonly { name: string; calls: number }[];
  /** One page of single calls, fields as the service names them. */
  readonly records: readonly Readonly<Record<string, unknown>>[];
  /** The same calls, as far as the manifest says where their fields lie. */
  readonly calls: readonly UsageCall[];
}

/** One call; null is not known. */
export interface UsageCall {
  /** RFC 3339 UTC. */
  readonly at: string | null;
  readonly tool: string | null;
  readonly failed: boolean | null;
  readonly durationMs: number | null;
}

/** What a person does in the service's dashboard. */
export interface AssistedSteps {
  /** The page; empty where none is known (a local server without `--dashboard`). */
  readonly url: string;
  readonly steps: readonly string[];
}

/** How one operation is done on this provider. */
export type Operation<Input, Output> =
  | { readonly mode: 'api'; run(call: ApiCall, input: Input): Promise<Output> }
  | { readonly mode: 'assisted'; guide(input: Input): AssistedSteps }
  | { readonly mode: 'unsupported'; readonly reason: string };

export interface UsageInput {
  /** The last so many days, today included. */
  readonly days: number;
  /** Page of the history, from 1. */
  readonly page: number;
  /** As many pages from there on at most; 1 where absent. */
  readonly pages?: number | undefined;
  readonly history: boolean;
}

/** Where the service rotates by itself. */
export type RotateInput = RemoteRef &
  CreateInput & {
    /** How long the old secret may live on, in ms. */
    readonly overlap?: number | undefined;
  };

export interface RemoteRef {
  readonly id: string;
  readonly label: string;
  readonly name: string;
}

/** How a credential goes to the MCP endpoint. */
export interface McpAccess {
  readonly url: string;
  /** Request headers that carry `credential`. */
  headers(credential: Secret): Record<string, string>;
  /** The address that carries `credential`, where the endpoint wants it there; undefined: it is `url`. */
  address?: ((credential: Secret) => string) | undefined;
  /** Headers that sign one request body; undefined where requests are not signed. `now` in milliseconds. */
  sign?: ((credential: Secret, body: string, now: number) => Record<string, string>) | undefined;
}

/** A provider with a profile's settings filled in: everything a command asks of one service. */
export interface Provider {
  readonly id: string;
  readonly title: string;
  readonly manifest: Manifest;
  readonly settings: ProviderSettings;
  readonly operations: {
    readonly create: Operation<CreateInput, CreatedKey>;
    /** Yields pages, so that 10,000 keys never lie in memory at once. `run` resolves to the pages. */
    readonly list: Operation<undefined, AsyncIterable<readonly RemoteKey[]>>;
    readonly get: Operation<RemoteRef, RemoteKey>;
    readonly revoke: Operation<RemoteRef, undefined>;
    /** Absent from the service: `unsupported`, and a rotation is create, then revoke. */
    readonly rotate: Operation<RotateInput, CreatedKey>;
    readonly usage: Operation<UsageInput, UsageReport>;
  };
  /** MCP access with a key, or with the login's token (`@login`); undefined where the endpoint does not take that. */
  mcp(credential: 'key' | 'login'): McpAccess | undefined;
  /** The error that an unsuccessful answer of the key API means, by the manifest's rules, then by status. */
  diagnose(answer: ApiAnswer, operation?: OperationId | 'login'): UserError;
  /** The same for an answer of the MCP endpoint (its HTTP status and body) to `credential` (a key where absent). */
  diagnoseMcp(answer: ApiAnswer, credential?: 'key' | 'login'): UserError;
  /** Throws `usage` where `value` is no key of this provider (pattern). Names the pattern, never the value. */
  checkForm(value: Secret): void;
  /** `name` with the mark where the service has no metadata: `ci` → `ci-mk3f9a2c1d`. Throws `usage` past the limit. */
  markLabel(name: string, mark: string): string;
  /** The name without the mark, and the mark. */
  readLabel(label: string): { name: string; mark: string | undefined };
  /** Literal prefix and four characters. */
  displayPrefix(value: Secret): string;
}

/** A provider before a profile is chosen. */
export interface ProviderEntry {
  readonly id: string;
  readonly manifest: Manifest;
  readonly source: 'built-in' | 'plugin';
  /** Fills in the profile. Throws `usage` where a required setting is missing or wrong. */
  bind(settings: ProviderSettings): Provider;
}
