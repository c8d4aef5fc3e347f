/** The requests that a client waits for: who must get an answer, and which can be given up. */
import { asList, idKey, isRequest, type Message, methodOf, modernVersion, paramsOf } from './message.ts';

interface Request {
  readonly id: unknown;
  readonly method: string;
  /** The method, and what it is asked of: the tool, the prompt, the resource. */
  readonly kind: string;
}

/** One POST under way, with the requests in it (several only in a batch). */
export interface Call {
  readonly batch: boolean;
  /** Method by id of the requests that wait. */
  readonly waiting: Map<string, Request>;
  readonly modern: boolean;
  readonly controller: AbortController;
  /** A subscription: its stream stays open, nobody waits for it at the end. */
  readonly endless: boolean;
  /** It has requests; otherwise it is a notification or an answer, and a failure has no one to go to. */
  readonly answerable: boolean;
  /** Resolves when no request in it waits any more. */
  readonly answered: Promise<void>;
  readonly resolveAnswered: () => void;
  /** The server took it on; it is not sent again in a new session. */
  accepted: boolean;
}

export interface Calls {
  open(messages: Message | readonly Message[]): Call;
  close(call: Call): void;
  /** The request that `id` answers, once; undefined where nobody waits for it. */
  settle(call: Call | undefined, id: unknown): Request | undefined;
  /** The client gave a request up: no error is made up for it. A modern one is aborted, which tells the server. */
  cancel(id: unknown): { readonly modern: boolean } | undefined;
  readonly all: ReadonlySet<Call>;
  /** Resolves when nothing but subscriptions is under way. */
  idle(): Promise<void>;
}

function finish(call: Call, key: string): void {
  call.waiting.delete(key);
  if (call.waiting.size === 0) call.resolveAnswered();
}

export function createCalls(): Calls {
  const all = new Set<Call>();
  const idlers: (() => void)[] = [];
  /** A notification is under way until it was taken; a request until it has its answer. */
  const isIdle = () => [...all].every((call) => call.endless || (call.answerable && call.waiting.size === 0));
  const wake = (): void => {
    if (isIdle()) for (const resolve of idlers.splice(0)) resolve();
  };
  const find = (key: string) => [...all].find((call) => call.waiting.has(key));
  return {
    all,
    open(messages) {
      const requests = asList(messages).filter(isRequest);
      const first = asList(messages)[0];
      let resolveAnswered = (): void => undefined;
      const answered = new Promise<void>((resolve) => {
        resolveAnswered = resolve;
      });
      const call: Call = {
        batch: Array.isArray(messages),
        waiting: new Map(requests.map((each) => [idKey(each.id), requestOf(each)])),
        modern: first !== undefined && modernVersion(first) !== undefined,
        controller: new AbortController(),
        endless: requests.some((each) => methodOf(each) === 'subscriptions/listen'),
        answerable: requests.length > 0,
        answered,
        resolveAnswered,
        accepted: false,
      };
      all.add(call);
      return call;
    },
    close(call) {
      all.delete(call);
      wake();
    },
    settle(call, id) {
      const key = idKey(id);
      const owner = call?.waiting.has(key) ? call : find(key);
      const found = owner?.waiting.get(key);
      if (owner) finish(owner, key);
      wake();
      return found;
    },
    cancel(id) {
      const call = find(idKey(id));
      if (!call) return undefined;
      finish(call, idKey(id));
      wake();
      if (call.modern) call.controller.abort();
      return { modern: call.modern };
    },
    idle: () => (isIdle() ? Promise.resolve() : new Promise((resolve) => idlers.push(resolve))),
  };
}

function requestOf(message: Message): Request {
  const { name, uri } = paramsOf(message);
  const method = methodOf(message) ?? '';
  const of = [name, uri].find((each) => typeof each === 'string');
  return { id: message.id, method, kind: of === undefined ? method : `${method} ${of}` };
}

/** Id of the request that `notifications/cancelled` names. */
export const cancelledId = (message: Message): unknown => paramsOf(message).requestId;
