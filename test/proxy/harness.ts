/** The proxy of a made-up credential between two in-memory streams, talked to in raw JSON-RPC. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { UserError } from '../../src/errors.ts';
import type { Credential } from '../../src/keys/credential.ts';
import { isObject, type Message } from '../../src/proxy/message.ts';
import { serveProxy } from '../../src/proxy/serve.ts';
import { secret } from '../../src/secret.ts';
import { createFetch } from '../../src/system/http.ts';

export interface Proxied {
  /** Sends one message or text as a line. */
  send(message: unknown): void;
  /** Sends a request and resolves with its answer. */
  request(method: string, params?: unknown, id?: unknown): Promise<Message>;
  /** `initialize` and `initialized`, as a client of 2025-11-25. */
  open(): Promise<Message>;
  /** Resolves with the first message from the server, past or to come, that fits. */
  seen(fits: (message: Message) => boolean): Promise<Message>;
  readonly received: Message[];
  readonly lines: string[];
  readonly logged: string[];
  readonly stdin: PassThrough;
  readonly stdout: PassThrough;
  readonly done: Promise<void>;
  /** Another secret in the store, and (unless quiet) the generation file changed. */
  rotate(value: string, options?: { quiet?: boolean }): Promise<void>;
  readonly reads: { count: number };
  interrupt(): void;
  end(): Promise<void>;
}

export const KEY = ['sk', 'first', '0123456789'].join('-');
export const NEXT_KEY = ['sk', 'second', '9876543210'].join('-');
let ids = 0;

export async function startProxy(
  url: string,
  parts: Partial<Credential> = {},
  { ends, clock }: { ends: { at: string | null }; clock: { now(): number } } = { ends: { at: null }, clock: Date },
): Promise<Proxied> {
  const folder = await mkdtemp(join(tmpdir(), 'mcpkey-proxy-'));
  const generationFile = join(folder, 'generation');
  await writeFile(generationFile, '1');
  const store = { value: KEY };
  const reads = { count: 0 };
  const read = async () => {
    reads.count += 1;
    return secret(store.value);
  };
  const credential = fakeCredential(url, { read, reread: read, generationFile, ...parts });
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  const received: Message[] = [];
  const lines: string[] = [];
  const logged: string[] = [];
  const waiting = new Set<() => void>();
  let rest = '';
  stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) {
      lines.push(line);
      const parsed: unknown = JSON.parse(line);
      for (const each of Array.isArray(parsed) ? parsed : [parsed]) if (isObject(each)) received.push(each);
    }
    for (const look of waiting) look();
  });
  const interruption = new AbortController();
  const context = { env: {}, fetch: createFetch({ env: {} }), signal: interruption.signal };
  const log = (text: string) => void logged.push(text);
  const endsAt = async () => ends.at;
  const done = serveProxy(credential, { context: { ...context, now: clock.now }, stdin, stdout, log, endsAt });
  const send = (message: unknown): void =>
    void stdin.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`);
  const seen = (fits: (message: Message) => boolean): Promise<Message> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = received.find(fits);
        if (!found) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  const request = (method: string, params: unknown = {}, id: unknown = `t${++ids}`): Promise<Message> => {
    send({ jsonrpc: '2.0', id, method, params });
    return seen((message) => message.id === id && !('method' in message));
  };
  return {
    send,
    seen,
    request,
    async open() {
      const params = {
        protocolVersion: '2025-11-25',
        capabilities: { elicitation: {} },
        clientInfo: { name: 't', version: '1' },
      };
      const answer = await request('initialize', params);
      send({ jsonrpc: '2.0', method: 'notifications/initialized' });
      return answer;
    },
    received,
    lines,
    logged,
    stdin,
    stdout,
    done,
    reads,
    async rotate(value, { quiet = false } = {}) {
      store.value = value;
      if (!quiet) await writeFile(generationFile, value);
    },
    interrupt: () => interruption.abort(),
    async end() {
      stdin.end();
      await done;
      await rm(folder, { recursive: true });
    },
  };
}

export function fakeCredential(url: string, parts: Partial<Credential>): Credential {
  const diagnoseMcp = (answer: { status: number }) =>
    new UserError(answer.status === 403 ? 'insufficient_scope' : 'invalid_api_key', `refused with ${answer.status}`, {
      hint: 'mcpkey create -p test',
      status: answer.status,
    });
  const access = { url, headers: (value: { reveal(): string }) => ({ authorization: `Bearer ${value.reveal()}` }) };
  // The proxy uses nothing else of a provider.
  const provider = { id: 'test', title: 'Test', diagnoseMcp } as unknown as Credential['provider'];
  const none = async (): Promise<never> => {
    throw new Error('not read');
  };
  return {
    ref: 'test/ci',
    profile: { name: 'test', provider: 'test' },
    provider,
    kind: 'key',
    record: undefined,
    access,
    read: none,
    reread: none,
    generationFile: '/nowhere',
    ...parts,
  };
}

/** Resolves once `holds` is true; looked at every few milliseconds. The test's own time-out is the limit. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}
