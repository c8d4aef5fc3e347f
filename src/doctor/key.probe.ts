import { formatWait } from '../duration.ts';
import type { UserError } from '../errors.ts';
import { isRefused } from '../keys/check.ts';
import { LOGIN_NAME } from '../keys/names.ts';
import { refOf } from '../keys/refs.ts';
import type { ProbeResult } from '../proxy/probe.ts';
import { filled } from '../typed.ts';
import { failure, ok, skipped, warning } from './findings.ts';
import { unreadable } from './key.form.ts';
import { check as reachable } from './profile.reachable.ts';
import type { ProbeAnswer } from './scope/answers.ts';
import { remoteOf } from './scope/records.ts';
import { isDamaged, isStoresFault } from './scope/stores.ts';
import { line, minuteOf, remedyOf } from './scope/words.ts';
import { atHand, nothing } from './subjects.ts';
import type { Check, Finding, Scope } from './types.ts';

export const check: Check = {
  id: 'key.probe',
  title: 'The service takes the key',
  looksAt:
    'Each key, and each login that a client uses, at its MCP endpoint: initialize, then tools/list. The words of the service are shown.',
  warning: 'The service limits how often it may be asked (429).',
  error: 'The service refuses it: revoked, ended, too small a scope, an address that it may not come from.',
  remedies: [
    'Refused: mcpkey rotate KEY makes a new one in its place.',
    'May not do this (403): a key with more scopes, or another plan; see what the service advises.',
    'Limited: wait as long as it says.',
  ],
  async looks(scope) {
    const refs = [...(await scope.keys()).map(refOf), ...(await placedLogins(scope))];
    if (refs.length === 0) return nothing('There is no key to try.');
    return refs.map((ref) => ({ subject: ref, look: async () => judge(ref, await scope.answer(ref), scope) }));
  },
};

async function placedLogins(scope: Scope): Promise<readonly string[]> {
  const refs = (await scope.placements()).map(({ owned }) => owned.ref);
  return [...new Set(refs)].filter(isLogin);
}

async function judge(ref: string, answer: ProbeAnswer, scope: Scope): Promise<Finding> {
  if ('unasked' in answer) return unasked(ref, answer.unasked, scope);
  const { result } = answer;
  if (!result.error) return ok(welcome(result));
  const { error } = result;
  const advice = error.hint === undefined ? undefined : filled(error.hint, aboutOf(ref));
  const seen = inWords(result, error);
  if (error.code === 'rate_limited') {
    const wait = error.retryAfter === undefined ? '' : ` It may be asked again in ${formatWait(error.retryAfter)}.`;
    return warning(`${seen}${wait}`, 'Wait, then run this again.', { advice });
  }
  if (error.code === 'unreachable' && result.server === null && !isLocal(answer)) {
    return skipped('The service was not reached (profile.reachable).');
  }
  const why = isRefused(result) ? await whyRefused(ref, scope) : '';
  const fix = (await addressFix(answer, scope)) ?? fixFor(ref, error, result);
  return failure(`${seen}${why}`, fix, { advice });
}

/** Where there is nothing at the address, what is found about that mends this. */
async function addressFix({ result, credential }: Asked, scope: Scope): Promise<string | undefined> {
  if (result.error?.code !== 'not_found') return undefined;
  const looks = await reachable.looks(scope);
  const found = await looks.find(({ subject }) => subject === credential.profile.name)?.look();
  return found?.state === 'error' ? (found.fix ?? undefined) : undefined;
}

type Asked = Exclude<ProbeAnswer, { unasked: unknown }>;

const isLocal = (answer: Asked): boolean => answer.credential.access === undefined;

async function unasked(ref: string, error: UserError, scope: Scope): Promise<Finding> {
  if (await isStoresFault(error, scope)) return skipped(`The secret store: ${error.message}`);
  if (error.exitCode === 7 && !isLogin(ref)) return unreadable(error, ref);
  if (error.exitCode === 7)
    return failure(error.message, isDamaged(error) ? loginAgain(ref) : remedyOf(error, aboutOf(ref)));
  const elsewhere: readonly string[] = ['not_found', 'unsupported', 'not_logged_in', 'bad_config_file'];
  return elsewhere.includes(error.code)
    ? skipped(error.message)
    : failure(error.message, remedyOf(error, aboutOf(ref)));
}

const aboutOf = (ref: string) => ({ ref, profile: ref.slice(0, ref.indexOf('/')) });
const isLogin = (ref: string): boolean => ref.endsWith(`/${LOGIN_NAME}`);
const loginAgain = (ref: string): string => line(['login', ref.slice(0, -LOGIN_NAME.length - 1)]);

function welcome({ server, tools }: ProbeResult): string {
  const by = server === null ? 'It is taken' : `${server.name} ${server.version}`.trim();
  return `${by}: ${tools.length} ${tools.length === 1 ? 'tool' : 'tools'}.`;
}

/** A server that opened the conversation and then refused is told apart from one that never did. */
function inWords({ server, tools }: ProbeResult, error: UserError): string {
  if (server === null || tools.length > 0) return error.message;
  return `initialize was answered (${server.name}), tools/list was not: ${error.message}`;
}

/** Ended or revoked, where one can tell. */
async function whyRefused(ref: string, scope: Scope): Promise<string> {
  const record = (await scope.keys()).find((each) => refOf(each) === ref);
  if (!record) return '';
  const key = atHand(record, scope);
  const remote = await remoteOf(key, scope);
  const ends = remote?.expiresAt ?? record.expiresAt;
  if (ends !== null && Date.parse(ends) <= scope.context.now()) return ` It ended on ${minuteOf(ends)}.`;
  const list = record.assisted ? undefined : await scope.remote(key.profile);
  if (remote?.status === 'revoked') return ' It was revoked.';
  const isGone = list !== undefined && 'keys' in list && remote === undefined;
  return isGone ? ' It was revoked: the service does not list it any more.' : '';
}

function fixFor(ref: string, error: UserError, result: ProbeResult): string | null {
  if (isLogin(ref)) return isRefused(result) ? loginAgain(ref) : remedyOf(error, aboutOf(ref));
  return isRefused(result) ? line(['rotate', ref]) : remedyOf(error, aboutOf(ref));
}
