import type { DevicePrompt, LoginPorts, LoginRequest, Registration } from '../../src/auth/types.ts';

/** Ports of a login without a terminal: what was shown is recorded, waits are those of the clock divided by `speed`. */
export interface TestPorts extends LoginPorts {
  readonly shown: DevicePrompt[];
  readonly opened: string[];
  readonly notes: string[];
  readonly waits: number[];
  readonly known: Map<string, Registration>;
}

export interface TestPortsOptions {
  readonly fetch?: typeof fetch;
  readonly signal?: AbortSignal;
  readonly onDevice?: (prompt: DevicePrompt) => void;
  readonly onBrowser?: (url: string) => void;
  /** Divides each wait, so that a test need not wait as long as a person. */
  readonly speed?: number;
  readonly now?: () => number;
}

export function testPorts(options: TestPortsOptions = {}): TestPorts {
  const shown: DevicePrompt[] = [];
  const opened: string[] = [];
  const notes: string[] = [];
  const waits: number[] = [];
  const known = new Map<string, Registration>();
  return {
    shown,
    opened,
    notes,
    waits,
    known,
    fetch: options.fetch ?? fetch,
    signal: options.signal ?? new AbortController().signal,
    now: options.now ?? Date.now,
    sleep: (milliseconds, signal) => {
      waits.push(milliseconds);
      return pause(milliseconds / (options.speed ?? 1), signal);
    },
    showDevice: (prompt) => {
      shown.push(prompt);
      options.onDevice?.(prompt);
    },
    openBrowser: async (url) => {
      opened.push(url);
      options.onBrowser?.(url);
    },
    note: (text) => void notes.push(text),
    registrations: {
      get: async (issuer) => known.get(issuer),
      set: async (issuer, registration) => void known.set(issuer, registration),
    },
  };
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

/** A login request with nothing chosen, over which a test lays what it needs. */
export function loginRequest(fields: Partial<LoginRequest> = {}): LoginRequest {
  return { scopes: [], allowHttp: false, ...fields };
}
