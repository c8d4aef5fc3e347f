/** What an unsuccessful answer means: the manifest's rules in their order, then the status. */
import { type ErrorCode, UserError } from '../errors.ts';
import { shellWord } from '../typed.ts';
import type { ErrorRule, Manifest, OperationId } from './manifest.ts';
import { find } from './pointers.ts';
import { retryAfterOf } from './rate-limits.ts';
import type { ApiAnswer } from './types.ts';
import { cleanWords, ownWords } from './words.ts';

export interface Diagnosis {
  readonly surface: 'api' | 'mcp';
  /** Name of the profile; the manifest's id where absent. */
  readonly profile?: string | undefined;
  readonly operation?: OperationId | 'login' | undefined;
  /** What was sent to the MCP endpoint. */
  readonly credential?: 'key' | 'login' | undefined;
  /** Pointer to the service's words, where no rule names one. */
  readonly message?: string | undefined;
  readonly unanswered?: boolean | undefined;
  /** ms */
  readonly now: number;
}

/** Regular expressions of a manifest see no more of an answer than this. */
const SEEN = 2_000;

export function diagnose(manifest: Manifest, answer: ApiAnswer, about: Diagnosis): UserError {
  const rule = manifest.errors.find((candidate) => fits(candidate.when, answer, about));
  const code = rule?.code ?? codeOfStatus(answer.status, about);
  const words = ownWords(answer.body, rule?.message ?? about.message);
  const isFar = code === 'insufficient_scope' && OF_ADDRESS.test(words ?? answer.text.slice(0, SEEN));
  const meaning = rule?.meaning ?? meaningOf(code, answer.status, isFar);
  const limited = code === 'rate_limited' || answer.status === 503;
  const advice = code === 'insufficient_scope' && wantsOtherLogin(answer, about) ? undefined : rule?.advice;
  const hint = advice ?? (isFar ? FROM_ELSEWHERE : hintOf(manifest, code, about));
  return new UserError(code, `${manifest.title}: ${meaning}${words ? ` "${words}"` : ''}`, {
    hint: hint.replaceAll('{profile}', () => shellWord(about.profile ?? manifest.id)),
    provider: manifest.id,
    status: answer.status,
    retryAfter: limited ? retryAfterOf(manifest, answer.headers, about.now) : undefined,
    unanswered: about.unanswered === true && answer.status >= 500,
  });
}

/** A challenge that names scopes tells a login more than a service's advice, which is mostly about keys (RFC 6750, section 3). */
const wantsOtherLogin = ({ headers }: ApiAnswer, { credential }: Diagnosis): boolean =>
  credential === 'login' && /\bscope="/i.test(headers.get('www-authenticate') ?? '');

function fits(when: ErrorRule['when'], answer: ApiAnswer, about: Diagnosis): boolean {
  if (when.surface !== undefined && when.surface !== about.surface) return false;
  if (when.status !== undefined && !oneOf(when.status, answer.status)) return false;
  if (when.operation !== undefined && !(about.operation && oneOf(when.operation, about.operation))) return false;
  const value = when.pointer === undefined ? answer.text : find(answer.body, when.pointer);
  if (when.absent === true && value !== undefined) return false;
  if (when.equals !== undefined && value !== when.equals) return false;
  if (when.matches === undefined) return true;
  return typeof value === 'string' && new RegExp(when.matches, 'i').test(value.slice(0, SEEN));
}

function oneOf<T extends string | number>(allowed: T | readonly T[], value: T): boolean {
  return typeof allowed === 'object' ? allowed.includes(value) : allowed === value;
}

function codeOfStatus(status: number, about: Diagnosis): ErrorCode {
  if (status >= 500) return 'server_error';
  if (status === 401)
    return about.surface === 'mcp' && about.credential !== 'login' ? 'invalid_api_key' : 'invalid_token';
  if (status === 403) return 'insufficient_scope';
  if (status === 404) return 'not_found';
  if (status === 409) return 'conflict';
  if (status === 429) return 'rate_limited';
  if (status < 300 || status >= 400) return 'refused';
  return 'bad_response';
}

const MEANINGS: Partial<Record<ErrorCode, string>> = {
  invalid_token: 'the login was refused',
  invalid_api_key: 'the key was refused',
  api_key_required: 'a key is needed',
  insufficient_scope: 'the credential is good but may not do this',
  not_found: 'there is no such thing',
  conflict: 'it is in conflict with what is there',
  rate_limited: 'too many requests',
  refused: 'the service says no',
  server_error: 'the service failed',
  not_logged_in: 'the login was refused',
  unsupported: 'the service has no such thing',
};

/** A refusal for where the request came from, in the words of services and of the gateways before them. */
const OF_ADDRESS = /\bIP\b|\bip[- _]?addr/i;
const FROM_ELSEWHERE =
  'Allow the address of this machine where the key’s settings are, or ask from one that is allowed: mcpkey profile show {profile}';

const meaningOf = (code: ErrorCode, status: number, isFar: boolean) =>
  `${isFar ? 'the credential may not be used from this address' : (MEANINGS[code] ?? 'the service says no')} (HTTP ${status}).`;

function hintOf(manifest: Manifest, code: ErrorCode, about: Diagnosis): string {
  const mcp = about.surface === 'mcp';
  const reading = manifest.docs === undefined ? '' : `   (${manifest.docs})`;
  switch (code) {
    case 'invalid_token':
    case 'not_logged_in':
      return 'mcpkey login {profile}';
    case 'invalid_api_key':
    case 'api_key_required':
      return `Make a new key: mcpkey create -p {profile}${reading}`;
    case 'insufficient_scope':
      if (!mcp) return `Log in as someone who may: mcpkey login {profile}${reading}`;
      if (about.credential === 'login')
        return 'Log in with the scopes that are needed: mcpkey login {profile} --scope SCOPE';
      return hasScopes(manifest)
        ? 'Make a key that may do more: mcpkey create -p {profile} --scope SCOPE'
        : `Let it do this where the key’s settings are, or make another one: mcpkey create -p {profile}${reading}`;
    case 'rate_limited':
      return 'Wait, then try again; --max-wait lets mcpkey wait longer.';
    case 'server_error':
      return 'Try again later.';
    case 'not_found':
      return `Correct the address: mcpkey profile set {profile} ${mcp ? '--mcp-url' : '--url'} URL`;
    default:
      return manifest.docs === undefined ? `mcpkey help errors ${code}` : `See ${manifest.docs}`;
  }
}

const hasScopes = ({ scopes }: Manifest): boolean => scopes.known.length > 0 || scopes.pattern !== undefined;

/** What came instead of JSON, in one line: `text/html, beginning "<!DOCTYPE html>"`. */
export function describeBody(answer: Pick<ApiAnswer, 'headers' | 'text'>): string {
  const type = cleanWords(answer.headers.get('content-type') ?? '', 60) || 'no content type';
  const start = cleanWords(answer.text, 60);
  return start === '' ? `${type}, empty` : `${type}, beginning "${start}"`;
}
