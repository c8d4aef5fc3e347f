/** What an exchange that failed means, in words that a person can act on. */
import { UserError } from '../errors.ts';
import type { ApiAnswer } from '../providers/types.ts';
import { networkFault } from '../system/network-faults.ts';
import { errorOf, isObject, NO_ANSWER, type RpcError, UNAUTHORIZED } from './message.ts';

/** An answer that is no success. Carries what was read of it. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  readonly answer: ApiAnswer;
  constructor(answer: ApiAnswer) {
    super(`the server answered with HTTP status ${answer.status}`);
    this.answer = answer;
  }
}

/** `fetch` says only "fetch failed"; the reason is in its cause, sometimes twice. Who knows the profile fills it in. */
export function unreachable(url: string, error: unknown): UserError {
  if (error instanceof UserError) return error;
  const fault = networkFault(error);
  const { host } = new URL(url);
  return new UserError('unreachable', `${host} could not be reached: ${fault?.what ?? textOf(error)}.`, {
    hint: fault?.hint ?? 'Check the network, the proxy variables and the MCP URL: mcpkey profile show PROFILE',
    cause: error,
  });
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A page of HTML where JSON was expected: a login page of the network, or a proxy's or gateway's error page. */
export function isPage(contentType: string | null, text: string): boolean {
  return contentType?.startsWith('text/html') === true || /^\s*<(!doctype html|html)/i.test(text);
}

/**
 * The JSON-RPC error that a client gets under its request's id: the server's own where it sent one. A 401 or 403 gets
 * mcpkey's hint in its message.
 */
export function asRpcError(error: unknown, explain: (answer: ApiAnswer) => UserError): RpcError {
  if (error instanceof HttpFailure) return fromAnswer(error.answer, explain);
  if (error instanceof UserError) {
    const code = error.exitCode === 3 || error.exitCode === 4 ? UNAUTHORIZED : NO_ANSWER;
    const message = error.hint === undefined ? error.message : hinted(error.message, error.hint);
    return { code, message, data: { status: error.status ?? null } };
  }
  return {
    code: NO_ANSWER,
    message: `No answer: ${networkFault(error)?.what ?? textOf(error)}.`,
    data: { status: null },
  };
}

function fromAnswer(answer: ApiAnswer, explain: (answer: ApiAnswer) => UserError): RpcError {
  const { status } = answer;
  const denied = status === 401 || status === 403;
  const meaning = denied ? explain(answer) : undefined;
  const own = isObject(answer.body) ? errorOf(answer.body) : undefined;
  const page = isPage(answer.headers.get('content-type'), answer.text) ? ' and a web page' : '';
  const made = meaning?.message ?? `The server answered with HTTP status ${status}${page}, not with an MCP message.`;
  const error = own ?? { code: denied ? UNAUTHORIZED : NO_ANSWER, message: made, data: { status } };
  return meaning?.hint === undefined ? error : { ...error, message: hinted(error.message, meaning.hint) };
}

export const hinted = (message: string, hint: string): string => `${message} (mcpkey: ${hint})`;
