/** The 2026-07-28 side of the adapter: one child for all requests, told apart by ids of the adapter's own. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { type Child, startChild } from './child.ts';

const VERSION = 'io.modelcontextprotocol/protocolVersion';
const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';
const MESSAGE = z.looseObject({
  id: z.union([z.string(), z.number()]).optional(),
  method: z.string().optional(),
  params: z
    .looseObject({
      _meta: z.looseObject({ [VERSION]: z.string().optional() }).optional(),
      name: z.string().optional(),
      uri: z.string().optional(),
      progressToken: z.unknown().optional(),
    })
    .optional(),
  error: z.looseObject({ code: z.number() }).optional(),
});
type Message = z.infer<typeof MESSAGE>;

interface Open {
  readonly response: ServerResponse;
  readonly id: string | number;
  readonly progressToken: unknown;
}

/** HTTP status of an error, as the transport has it (MCP 2026-07-28, Streamable HTTP). */
const STATUS = new Map([
  [-32_601, 404],
  [-32_020, 400],
  [-32_021, 400],
  [-32_022, 400],
  [-32_602, 400],
]);

export interface ModernSide {
  handle(request: IncomingMessage, response: ServerResponse, body: unknown): void;
  stop(): Promise<void>;
}

export function createModernSide(command: readonly string[]): ModernSide {
  const open = new Map<string, Open>();
  let count = 0;
  const child: Child = startChild(command, (raw) => {
    const message = MESSAGE.parse(raw);
    if (message.method === undefined) answer(open, message);
    else notify(open, message);
  });
  return {
    handle(request, response, body) {
      const message = MESSAGE.safeParse(body).data;
      if (message?.method === undefined) return refuse(response, 400, undefined, -32_600, 'Not a request');
      const fault = headerFault(request, message);
      if (fault) return refuse(response, 400, message.id, ...fault);
      if (message.id === undefined) {
        child.send(body);
        return void response.writeHead(202).end();
      }
      count += 1;
      const own = `adapter-${count}`;
      open.set(own, { response, id: message.id, progressToken: message.params?._meta?.progressToken });
      response.on('close', () => {
        if (open.delete(own)) child.send(cancelled(own));
      });
      child.send({ ...message, id: own });
    },
    stop: () => child.stop(),
  };
}

const cancelled = (requestId: string) => ({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } });

function answer(open: Map<string, Open>, message: Message): void {
  const own = String(message.id);
  const to = open.get(own);
  if (!to) return;
  open.delete(own);
  const body = withSubscription({ ...message, id: to.id }, own, to.id);
  if (to.response.headersSent) {
    to.response.end(`event: message\ndata: ${JSON.stringify(body)}\n\n`);
    return;
  }
  const status = STATUS.get(message.error?.code ?? 0) ?? 200;
  to.response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** To the stream that it belongs to: by subscription, by progress token, else the newest. */
function notify(open: Map<string, Open>, message: Message): void {
  const subscription = message.params?._meta?.[SUBSCRIPTION];
  const all = [...open];
  const [own, to] =
    all.find(([id]) => id === subscription) ??
    all.find(([, each]) => each.progressToken !== undefined && each.progressToken === message.params?.progressToken) ??
    all.at(-1) ??
    [];
  if (!to || own === undefined) return;
  if (!to.response.headersSent) {
    to.response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  }
  to.response.write(`event: message\ndata: ${JSON.stringify(withSubscription(message, own, to.id))}\n\n`);
}

/** A subscription's id is the id of its request, as its client knows it. */
function withSubscription(message: Message, own: string, id: string | number): unknown {
  const text = JSON.stringify(message);
  return JSON.parse(
    text.replaceAll(`"${SUBSCRIPTION}":${JSON.stringify(own)}`, `"${SUBSCRIPTION}":${JSON.stringify(id)}`),
  );
}

/** What the transport checks before a message is read: the headers must say what the body says. */
function headerFault({ headers }: IncomingMessage, message: Message): [code: number, text: string] | undefined {
  const meta = message.params?._meta;
  const version = meta?.[VERSION];
  if (version === undefined || meta?.['io.modelcontextprotocol/clientCapabilities'] === undefined) {
    return [-32_602, 'params._meta lacks the protocol version or the client capabilities'];
  }
  const method = headers['mcp-method'];
  const name = headers['mcp-name'];
  const named = message.method === 'resources/read' ? message.params?.uri : message.params?.name;
  const wantsName = ['tools/call', 'prompts/get', 'resources/read'].includes(message.method ?? '');
  if (headers['mcp-protocol-version'] !== version) return [-32_020, 'MCP-Protocol-Version is not the body’s'];
  if (message.id !== undefined && method !== message.method) return [-32_020, 'Mcp-Method is not the body’s'];
  if (wantsName && (typeof name !== 'string' || decode(name) !== named)) return [-32_020, 'Mcp-Name is not the body’s'];
  return undefined;
}

function decode(value: string): string {
  const [, encoded] = /^=\?base64\?(.*)\?=$/.exec(value) ?? [];
  return encoded === undefined ? value : Buffer.from(encoded, 'base64').toString();
}

function refuse(response: ServerResponse, status: number, id: unknown, code: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', id: id ?? null, error: { code, message } }));
}
