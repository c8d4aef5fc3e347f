/** A real Chromium without a window, driven over a pipe by the DevTools protocol. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { z } from 'zod';

const MESSAGE = z.looseObject({
  id: z.number().optional(),
  method: z.string().optional(),
  sessionId: z.string().optional(),
  params: z.looseObject({}).optional(),
  result: z.looseObject({}).optional(),
  error: z.looseObject({ message: z.string() }).optional(),
});
type Message = z.infer<typeof MESSAGE>;

export interface Tab {
  /** What the console said, exceptions and refusals among it. */
  readonly complaints: readonly string[];
  /** Addresses that were asked for anything. */
  readonly requests: readonly string[];
  send(method: string, params?: Record<string, unknown>): Promise<NonNullable<Message['result']>>;
  /** Value of an expression in the page. */
  evaluate(expression: string): Promise<unknown>;
  /** Opens an address and waits until it is loaded. */
  open(url: string): Promise<void>;
  press(key: string): Promise<void>;
  /** PNG of all of the page. */
  picture(): Promise<Buffer>;
}

export interface Chromium {
  tab(look: { width: number; scheme: 'light' | 'dark' }): Promise<Tab>;
  close(): Promise<void>;
}

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--remote-debugging-pipe',
];

export async function startChromium(): Promise<Chromium> {
  const profile = await mkdtemp(join(tmpdir(), 'mcpkey-chromium-'));
  const child = spawn('chromium', [...FLAGS, `--user-data-dir=${profile}`], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  const [into, from] = [child.stdio[3], child.stdio[4]];
  if (!(into instanceof Writable) || !(from instanceof Readable)) throw new Error('no pipe to Chromium');
  const wire = createWire(into, from);
  return {
    tab: (look) => openTab(wire, look),
    async close() {
      child.kill('SIGKILL');
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

interface Wire {
  send(method: string, params: Record<string, unknown>, sessionId?: string): Promise<NonNullable<Message['result']>>;
  hear(listener: (message: Message) => void): void;
}

/** Messages end with a NUL. */
function createWire(into: Writable, from: Readable): Wire {
  const waiting = new Map<number, (message: Message) => void>();
  const listeners: ((message: Message) => void)[] = [];
  let rest = '';
  let last = 0;
  from.setEncoding('utf8').on('data', (chunk: string) => {
    const texts = (rest + chunk).split('\0');
    rest = texts.pop() ?? '';
    for (const text of texts) {
      const message = MESSAGE.parse(JSON.parse(text));
      if (message.id === undefined) for (const listener of listeners) listener(message);
      else waiting.get(message.id)?.(message);
    }
  });
  return {
    hear: (listener) => void listeners.push(listener),
    send(method, params, sessionId) {
      last += 1;
      const id = last;
      into.write(`${JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) })}\0`);
      return new Promise((resolve, reject) => {
        waiting.set(id, ({ result, error }) => {
          waiting.delete(id);
          if (error) reject(new Error(`${method}: ${error.message}`));
          else resolve(result ?? {});
        });
      });
    },
  };
}

async function openTab(wire: Wire, { width, scheme }: { width: number; scheme: string }): Promise<Tab> {
  const { targetId } = await wire.send('Target.createTarget', { url: 'about:blank' });
  const attached = await wire.send('Target.attachToTarget', { targetId, flatten: true });
  const sessionId = z.string().parse(attached.sessionId);
  const send: Tab['send'] = (method, params = {}) => wire.send(method, params, sessionId);
  const complaints: string[] = [];
  const requests: string[] = [];
  let loaded = () => {};
  wire.hear((message) => {
    if (message.sessionId !== sessionId) return;
    const { method = '', params = {} } = message;
    if (method === 'Page.loadEventFired') loaded();
    if (method === 'Network.requestWillBeSent') requests.push(REQUEST.parse(params).request.url);
    if (/^(Runtime\.(consoleAPICalled|exceptionThrown)|Log\.entryAdded)$/.test(method))
      complaints.push(JSON.stringify(params));
  });
  for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await send(`${domain}.enable`);
  const screen = { width, height: 900, deviceScaleFactor: 1, mobile: width < 600 };
  await send('Emulation.setDeviceMetricsOverride', screen);
  await send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] });
  return {
    complaints,
    requests,
    send,
    async evaluate(expression) {
      const { result } = await send('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
      return VALUE.parse(result).value;
    },
    async open(url) {
      const done = new Promise<void>((resolve) => {
        loaded = resolve;
      });
      await send('Page.navigate', { url });
      await done;
    },
    async press(key) {
      for (const type of ['keyDown', 'keyUp']) await send('Input.dispatchKeyEvent', { type, key, ...CODES[key] });
    },
    async picture() {
      const { data } = await send('Page.captureScreenshot', { captureBeyondViewport: true });
      return Buffer.from(z.string().parse(data), 'base64');
    },
  };
}

const REQUEST = z.looseObject({ request: z.looseObject({ url: z.string() }) });
const VALUE = z.looseObject({ value: z.unknown().optional() });
const CODES: Readonly<Record<string, { code: string; windowsVirtualKeyCode: number; text?: string }>> = {
  Tab: { code: 'Tab', windowsVirtualKeyCode: 9 },
  Enter: { code: 'Enter', windowsVirtualKeyCode: 13, text: '\r' },
  ArrowLeft: { code: 'ArrowLeft', windowsVirtualKeyCode: 37 },
  ArrowRight: { code: 'ArrowRight', windowsVirtualKeyCode: 39 },
  Home: { code: 'Home', windowsVirtualKeyCode: 36 },
};
