/**
 * The kinds of failure and the exit code of each. A command throws; `main` is the only place that catches.
 * Three outcomes: a `UserError` (told to a person), a `Cancelled` (exit 130), anything else is a bug (`internal`).
 */

/** Exit code by `error.code`. The codes and numbers are a promise to scripts. */
export const EXIT_CODES = {
  bad_config_file: 1,
  unsupported: 1,
  conflict: 1,
  refused: 1,
  bad_response: 1,
  internal: 1,
  usage: 2,
  not_logged_in: 3,
  invalid_token: 3,
  invalid_api_key: 3,
  api_key_required: 3,
  insufficient_scope: 4,
  not_found: 5,
  rate_limited: 6,
  store_unavailable: 7,
  store_locked: 7,
  partial: 8,
  unreachable: 9,
  server_error: 9,
  interrupted: 130,
} as const;

export type ErrorCode = keyof typeof EXIT_CODES;

export interface ErrorDetails {
  /** What to do next; a command to run wherever there is one. */
  hint?: string | undefined;
  /** Id of the provider that answered. */
  provider?: string | undefined;
  /** HTTP status of the answer. */
  status?: number | undefined;
  /** Seconds until a repeat may succeed. */
  retryAfter?: number | undefined;
  /** The request may have been carried out although no usable answer came. */
  unanswered?: boolean | undefined;
  /** The error that led to this one; shown with `--verbose` only. */
  cause?: unknown;
}

/** A failure that a person can act on: what failed, on what, and what to do next. */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly provider: string | undefined;
  readonly status: number | undefined;
  readonly retryAfter: number | undefined;
  readonly unanswered: boolean;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.provider = details.provider;
    this.status = details.status;
    this.retryAfter = details.retryAfter;
    this.unanswered = details.unanswered ?? false;
  }

  get exitCode(): number {
    return EXIT_CODES[this.code];
  }
}

/** The same failure with some of what it says replaced. */
export function retell(error: UserError, changes: ErrorDetails & { message?: string; code?: ErrorCode }): UserError {
  const { code, message, hint, provider, status, retryAfter, unanswered, cause } = error;
  return new UserError(changes.code ?? code, changes.message ?? message, {
    hint,
    provider,
    status,
    retryAfter,
    unanswered,
    cause,
    ...changes,
  });
}

/** The same failure with the provider named, where nothing nearer to it did. */
export const ofProvider = (error: UserError, provider: string): UserError =>
  error.provider === undefined ? retell(error, { provider }) : error;

/** The person stopped the command: Ctrl-C, SIGTERM, or a prompt that was closed. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled';
  constructor() {
    super('interrupted');
  }
}

/** What to do next; where nothing better is known, the page about this kind of failure. */
export const nextStep = (error: UserError): string => error.hint ?? `mcpkey help errors ${error.code}`;

/** The `error` object of design: `--json` prints it on stderr as `{"error": …}`. */
export interface ErrorDocument {
  code: ErrorCode;
  message: string;
  hint: string | null;
  provider: string | null;
  status: number | null;
  retryAfter: number | null;
}

export function errorDocument(error: UserError): ErrorDocument {
  return {
    code: error.code,
    message: error.message,
    hint: nextStep(error),
    provider: error.provider ?? null,
    status: error.status ?? null,
    retryAfter: error.retryAfter ?? null,
  };
}

/** True where `error` is a Node system error with one of `codes` (`ENOENT`, `EEXIST`, …). */
export function isSystemError(error: unknown, ...codes: string[]): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);
}
