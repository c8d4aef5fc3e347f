/** The probe of a local server: start it with the key in its variable, then ask as of any other. */
import type { Context } from '../context.ts';
import { Cancelled, type ErrorCode, UserError } from '../errors.ts';
import type { ApiAnswer } from '../providers/types.ts';
import type { Secret } from '../secret.ts';
import { lastWords } from '../system/lastwords.ts';
import { type LineChild, startLineChild } from '../system/line-child.ts';
import { typed } from '../typed.ts';
import { parseJson } from './body.ts';
import { errorOf, idKey, isObject, type Message } from './message.ts';
import type { Diagnoser, ProbeReply } from './probe-call.ts';
import { type ProbeResult, runProbe } from './probe-steps.ts';

export interface LocalServer {
  /** Command line, word by word. */
  readonly command: readonly string[];
  /** The variable in which it expects the key. */
  readonly variable: string;
  /** The rest of its environment that is its own; secrets of further keys may be among it. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** The command line that a person starts it with, its secrets by name; the command alone where absent. */
  readonly byHand?: string | undefined;
}

const DEFAULT_TIMEOUT = 30_000;
const NO_HEADERS = new Headers();

/** Never throws for what the server does; see `ProbeResult.error`. */
export async function probeLocal(
  server: LocalServer,
  credential: Secret | undefined,
  context: Pick<Context, 'env' | 'options' | 'signal'>,
): Promise<ProbeResult> {
  const [program = '', ...args] = server.command;
  const env = { ...context.env, ...server.env, ...(credential && { [server.variable]: credential.reveal() }) };
  const child = await startLineChild(program, args, env);
  const answers = readAnswers(child);
  const limit = context.options.timeout ?? DEFAULT_TIMEOUT;
  const byHand = server.byHand ?? typed`${server.command}`;
  try {
    const { result } = await runProbe(
      {
        diagnoser: DIAGNOSER,
        ask: (message) => ask(child, answers, message, { program, byHand, limit, signal: context.signal }),
        leave: async () => undefined,
      },
      'legacy',
    );
    return { ...result, status: null };
  } finally {
    await child.stop();
  }
}

/** Resolves the waiting call of each answer's id; all else that the server says is not for a probe. */
function readAnswers(child: LineChild): Map<string, (message: Message) => void> {
  const waiting = new Map<string, (message: Message) => void>();
  const read = async (): Promise<void> => {
    for await (const line of child.lines) {
      const message = parseJson(line);
      if (isObject(message) && !('method' in message)) waiting.get(idKey(message.id))?.(message);
    }
  };
  // Its stdout breaks when it ends, which `ended` tells.
  read().catch(() => undefined);
  return waiting;
}

async function ask(
  child: LineChild,
  waiting: Map<string, (message: Message) => void>,
  message: Message,
  { program, byHand, limit, signal }: { program: string; byHand: string; limit: number; signal: AbortSignal },
): Promise<ProbeReply> {
  const answer = (body: Message | undefined): ProbeReply => ({
    message: body,
    answer: { status: 200, headers: NO_HEADERS, text: '', url: '', body },
  });
  child.send(JSON.stringify(message));
  if (message.id === undefined) return answer(undefined);
  return new Promise<ProbeReply>((resolve, reject) => {
    const late = setTimeout(() => reject(tooLate(program, limit)), limit);
    const stop = () => reject(new Cancelled());
    waiting.set(idKey(message.id), (found) => {
      clearTimeout(late);
      signal.removeEventListener('abort', stop);
      resolve(answer(found));
    });
    child.ended.then((end) => {
      clearTimeout(late);
      reject(endedEarly({ program, byHand }, end, child.errors()));
    });
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

function endedEarly(
  { program, byHand }: { program: string; byHand: string },
  end: Awaited<LineChild['ended']>,
  errors: string,
): UserError {
  if (end.error) {
    return new UserError('unreachable', `The local server could not be started: ${program} is not there.`, {
      hint: 'Is the program installed? mcpkey profile show PROFILE   tells the command',
      cause: end.error,
    });
  }
  const words = lastWords(errors);
  const said = words === '' ? '' : `: ${words}`;
  return new UserError('bad_response', `The local server ended with code ${end.code} before it answered${said}`, {
    hint: `Run it by hand to see all that it says: ${byHand}`,
  });
}

const tooLate = (program: string, limit: number) =>
  new UserError('unreachable', `The local server (${program}) did not answer within ${Math.round(limit / 1000)} s.`, {
    hint: 'A first start may have to install it: try again with --timeout 2m',
  });

/** A local server has no HTTP status; what it refuses is told in its own words. */
const DIAGNOSER: Diagnoser = {
  id: 'generic',
  diagnoseMcp({ status, body }: ApiAnswer): UserError {
    const error = isObject(body) ? errorOf(body) : undefined;
    const code: ErrorCode = status === 401 ? 'invalid_api_key' : status === 403 ? 'insufficient_scope' : 'refused';
    return new UserError(code, `The local server says: ${error?.message ?? 'no'}`, {
      hint: 'mcpkey verify KEY --verbose',
    });
  },
};
