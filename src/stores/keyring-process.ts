import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { UserError } from '../errors.ts';

/** What the native library does with an item. */
export type KeyringAct = 'getPassword' | 'setPassword' | 'deleteCredential';

export interface KeyringRequest {
  readonly act: KeyringAct;
  readonly id: string;
  readonly value?: string;
}

/** `value` as the library gave it, `error` its message, `load` why it could not be loaded. */
export interface KeyringAnswer {
  readonly value?: unknown;
  readonly error?: string;
  readonly load?: string;
}

export interface KeyringProcess {
  /** Resolves to undefined where there was no answer within `timeout` ms. */
  ask(request: KeyringRequest, timeout: number): Promise<KeyringAnswer | undefined>;
}

/**
 * The library connects to the bus in its constructor, and waits there, without returning, for as long as the other side
 * takes; an unlock prompt that nobody answers holds a thread for ever. So it runs in a process that can be ended. The
 * Secret Service is pinned: the library would else fall back to the kernel's keyring, which forgets at reboot.
 */
const SCRIPT = `
const { createInterface } = require('node:readline');
let AsyncEntry, load;
try { ({ AsyncEntry } = require(process.argv[1])); } catch (error) { load = error.message; }
createInterface({ input: process.stdin }).on('line', async (line) => {
  const { number, act, id, value } = JSON.parse(line);
  const answer = (fields) => process.stdout.write(JSON.stringify({ number, ...fields }) + '\\n');
  if (load !== undefined) return answer({ load });
  try {
    const entry = new AsyncEntry('mcpkey', id, { linux: { store: 'secret-service' } });
    answer({ value: await (value === undefined ? entry[act]() : entry[act](value)) });
  } catch (error) {
    answer({ error: error.message });
  }
});
`;

/** `env` is the whole environment of the process. Nothing is started before the first question. */
export function createKeyringProcess(env: Readonly<Record<string, string | undefined>>): KeyringProcess {
  let running: Conversation | undefined;
  return {
    async ask(request, timeout) {
      running ??= converse(env, () => {
        running = undefined;
      });
      return running.ask(request, timeout);
    },
  };
}

/** Milliseconds without a question after which the process is ended: a proxy lives for days. */
const IDLE = 500;

interface Conversation {
  ask(request: KeyringRequest, timeout: number): Promise<KeyringAnswer | undefined>;
}

function converse(env: Readonly<Record<string, string | undefined>>, ended: () => void): Conversation {
  const child = start(env);
  const waiting = new Map<number, (answer: KeyringAnswer | undefined) => void>();
  let last = 0;
  let idle: NodeJS.Timeout | undefined;
  const end = () => {
    ended();
    clearTimeout(idle);
    child.kill('SIGKILL');
    process.off('exit', end);
    for (const settle of waiting.values()) settle(undefined);
    waiting.clear();
  };
  child.once('error', end);
  child.once('exit', end);
  process.once('exit', end);
  child.stdin?.on('error', end);
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { number, ...answer } = JSON.parse(line);
    waiting.get(number)?.(answer);
    waiting.delete(number);
    if (waiting.size === 0) idle = setTimeout(end, IDLE).unref();
  });
  return {
    ask: (request, timeout) =>
      new Promise((done) => {
        last += 1;
        clearTimeout(idle);
        // The timer is what keeps this process alive meanwhile: the child does not.
        const timer = setTimeout(end, timeout);
        waiting.set(last, (answer) => {
          clearTimeout(timer);
          done(answer);
        });
        child.stdin.write(`${JSON.stringify({ number: last, ...request })}\n`);
      }),
  };
}

function start(env: Readonly<Record<string, string | undefined>>) {
  const child = spawn(process.execPath, ['-e', SCRIPT, library()], {
    // The one makes the library load any file that it names, the other makes Node do so.
    env: { ...env, NAPI_RS_NATIVE_LIBRARY_PATH: undefined, NODE_OPTIONS: undefined },
    stdio: ['pipe', 'pipe', 'ignore'],
    windowsHide: true,
  });
  child.unref();
  for (const stream of [child.stdin, child.stdout]) {
    if ('unref' in stream && typeof stream.unref === 'function') stream.unref();
  }
  return child;
}

function library(): string {
  try {
    return createRequire(import.meta.url).resolve('@napi-rs/keyring');
  } catch (cause) {
    throw new UserError('store_unavailable', 'The native part of the keychain is not installed.', {
      hint: 'Install mcpkey again without --omit=optional, or choose another store: mcpkey store use age',
      cause,
    });
  }
}
