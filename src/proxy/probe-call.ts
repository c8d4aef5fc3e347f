/** One JSON-RPC exchange of a probe: bounded in time and size, repeated where the service is busy or away. */
import type { Context } from '../context.ts';
import { Cancelled, UserError } from '../errors.ts';
import type { ApiAnswer, McpAccess, Provider } from '../providers/types.ts';
import type { Secret } from '../secret.ts';
import { letGo } from '../system/http.ts';
import { isBrokenOff, mayPass } from '../system/network-faults.ts';
import { mediaType, readAnswer } from './body.ts';
import { withNeededScope } from './challenge.ts';
import { isPage, unreachable } from './failure.ts';
import { asList, errorOf, idKey, isObject, type Message, parseMessages, resultOf } from './message.ts';
import { readEvents } from './sse.ts';

/** Whose rules say what an unsuccessful answer means. */
export type Diagnoser = Pick<Provider, 'id' | 'diagnoseMcp'>;

export interface ProbePorts {
  /** Its `fetch` bounds each exchange in time. */
  readonly context: Pick<Context, 'fetch' | 'now' | 'sleep' | 'options' | 'paths' | 'signal'>;
  readonly provider: Diagnoser;
  /** Attempts of each request; 3 by default, 1 where somebody waits. */
  readonly attempts?: number | undefined;
}

export interface ProbeTarget {
  readonly access: McpAccess;
  readonly credential: Secret | undefined;
}

export interface ProbeReply {
  readonly answer: ApiAnswer;
  /** The answer's JSON-RPC message; undefined where there is none (202, or no JSON-RPC). */
  readonly message: Message | undefined;
}

const DEFAULT_MAX_WAIT = 60_000;
const FIRST_BACKOFF = 300;
/** design: 32 MB an API answer; a list of tools is no larger. */
const MAX_ANSWER = 32 * 1024 * 1024;
const BUSY: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/**
 * Sends `message` and reads the answer under its id. Answers of any status return. Throws `unreachable`, `bad_response`
 * (a redirect, a web page, too long), `rate_limited` (429 whose wait is too long), `Cancelled`.
 */
export async function probeCall(
  ports: ProbePorts,
  target: ProbeTarget,
  message: Message,
  headers: Readonly<Record<string, string>>,
): Promise<ProbeReply> {
  const { context, provider } = ports;
  for (let left = ports.attempts ?? 3, backoff = FIRST_BACKOFF; ; left -= 1, backoff *= 2) {
    const reply = await attempt(ports, target, message, headers).catch((error: unknown) => {
      if (left > 1 && error instanceof UserError && mayPass(error.cause)) return undefined;
      throw error;
    });
    if (reply && (left <= 1 || !BUSY.has(reply.answer.status))) return reply;
    const retryAfter = reply && provider.diagnoseMcp(reply.answer).retryAfter;
    const wait = retryAfter === undefined ? backoff : retryAfter * 1_000;
    if (reply && wait > (context.options.maxWait ?? DEFAULT_MAX_WAIT)) return reply;
    await context.sleep(wait);
    if (context.signal.aborted) throw new Cancelled();
  }
}

async function attempt(
  { context }: ProbePorts,
  { access, credential }: ProbeTarget,
  message: Message,
  headers: Readonly<Record<string, string>>,
): Promise<ProbeReply> {
  const body = JSON.stringify(message);
  const { signal } = context;
  const credentials = credential && {
    ...access.headers(credential),
    ...access.sign?.(credential, body, context.now()),
  };
  let answered = false;
  try {
    const init = { method: 'POST', body, signal, redirect: 'manual', headers: { ...headers, ...credentials } } as const;
    const response = await context.fetch((credential && access.address?.(credential)) ?? access.url, init);
    answered = true;
    return await readReply(response, message).finally(() => letGo(response));
  } catch (error) {
    if (context.signal.aborted) throw new Cancelled();
    if (answered && !(error instanceof UserError) && isBrokenOff(error)) throw brokenOff(access.url, error);
    throw unreachable(access.url, error);
  }
}

const brokenOff = (url: string, cause: unknown) =>
  new UserError('bad_response', `The answer of ${new URL(url).host} broke off before its end.`, {
    hint: 'Try again.',
    cause,
  });

async function readReply(response: Response, message: Message): Promise<ProbeReply> {
  if (response.ok && response.body && mediaType(response) === 'text/event-stream') {
    const found = await answerInStream(response.body, message.id);
    const { status, headers, url } = response;
    return { message: found, answer: { status, headers, url, text: '', body: found } };
  }
  const answer = await readAnswer(response, MAX_ANSWER);
  refuseRedirectOrPage(answer);
  return { answer, message: isObject(answer.body) ? answer.body : undefined };
}

/** Reads no further than the answer; what else the server says is not for a probe. */
async function answerInStream(body: ReadableStream<Uint8Array>, id: unknown): Promise<Message | undefined> {
  let found: Message | undefined;
  const done = new Error('found');
  try {
    await readEvents(body, { lastEventId: undefined, retry: undefined }, async (data) => {
      const messages = asList(parseMessages(data) ?? []);
      found = messages.find((each) => !('method' in each) && idKey(each.id) === idKey(id));
      if (found) throw done;
    });
  } catch (error) {
    if (error !== done) throw error;
  }
  return found;
}

function refuseRedirectOrPage(answer: ApiAnswer): void {
  const { status, headers, text } = answer;
  if (status >= 300 && status < 400) {
    const location = headers.get('location') ?? '';
    const to = URL.canParse(location, answer.url) ? new URL(location, answer.url).origin : 'another address';
    throw new UserError('bad_response', `The MCP URL redirects to ${to}; a credential is not sent there.`, {
      status,
      hint: 'Give the address itself: mcpkey profile set PROFILE --mcp-url URL',
    });
  }
  // A 403 of the service itself is no page: what stands before it refuses, whatever the credential.
  if ((status < 300 || status === 403) && isPage(headers.get('content-type'), text)) {
    const code = status === 403 ? ' (HTTP 403)' : '';
    throw new UserError('bad_response', `The MCP URL answered with a web page${code}, not with an MCP message.`, {
      status,
      hint: 'A login page of the network (captive portal), a proxy, or the wrong URL: mcpkey profile show PROFILE',
    });
  }
}

/** The result, or the error that the reply means. Some services send 401 or 403 as the code of a JSON-RPC error in a 200. */
export function resultOrThrow(diagnoser: Diagnoser, { answer, message }: ProbeReply): Message {
  const error = message && errorOf(message);
  const result = message && resultOf(message);
  if (answer.status >= 200 && answer.status < 300 && result && !error) return result;
  if (answer.status < 200 || answer.status >= 300 || error)
    throw withNeededScope(diagnoser.diagnoseMcp(asStatus(answer, error)), answer.headers);
  throw new UserError('bad_response', 'The MCP URL answered with something that is no MCP message.', {
    status: answer.status,
    provider: diagnoser.id,
    hint: 'Is this the MCP URL of the service? mcpkey profile show PROFILE',
  });
}

/** HTTP status of a reply, where a success hides a refusal: the error's own code. */
export const statusOf = ({ answer, message }: ProbeReply): number =>
  asStatus(answer, message && errorOf(message)).status;

function asStatus(answer: ApiAnswer, error: { code: number } | undefined): ApiAnswer {
  const hidden = answer.status < 300 && error !== undefined && error.code >= 400 && error.code < 600;
  return hidden ? { ...answer, status: error.code } : answer;
}
