/** What can go wrong on the way to a service and back, chosen by tests for single requests. */
import { fieldOf, type SandboxRequest } from './request.ts';

export type FaultAction =
  /** Answers this instead of asking the service. An object body is sent as JSON. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: unknown;
    }
  /** Waits so many milliseconds, then goes on as if nothing were wrong. */
  | { readonly kind: 'delay'; readonly milliseconds: number }
  /** The service never sees the request, the caller never hears anything. */
  | { readonly kind: 'never' }
  /** Resets the connection before the service sees the request. */
  | { readonly kind: 'reset' }
  /** The service does the work, then the connection is reset: the answer is lost. */
  | { readonly kind: 'lost' }
  /** The service does the work, and says that it failed: a gateway in front of it, or a fault behind the work. */
  | { readonly kind: 'spoiled'; readonly status: number }
  /** The service does the work, then nothing is ever sent. */
  | { readonly kind: 'silent' }
  /** An HTML page, as gateways and login walls send it; 200 unless told. */
  | { readonly kind: 'html'; readonly status?: number }
  /** The service's JSON, cut in the middle; with `cut` the connection ends there as well. */
  | { readonly kind: 'truncated'; readonly cut?: boolean }
  /** JSON of so many bytes (50 MB unless told), sent in chunks without a length. */
  | { readonly kind: 'huge'; readonly bytes?: number }
  | { readonly kind: 'redirect'; readonly to: string; readonly status?: number }
  /** The service does the work; its JSON goes out changed. */
  | { readonly kind: 'reshape'; change(body: unknown): unknown }
  /** The service does the work; names and messages in its JSON get terminal escapes. */
  | { readonly kind: 'control-characters' };

/**
 * Which requests: `POST /api/mcp-keys/create`, `/messages`, `POST /messages tools/list` (the JSON-RPC method),
 * a pattern on that same line, or a function. A path may end in `*`.
 */
export type FaultMatch = string | RegExp | ((request: SandboxRequest) => boolean);

export interface Fault {
  readonly match?: FaultMatch;
  /** How often; 1 unless told, `Infinity` for ever. */
  readonly times?: number;
  /** So many fitting requests pass unharmed before. */
  readonly after?: number;
  readonly action: FaultAction;
}

export interface PlantedFault {
  /** How often it struck. */
  readonly hits: number;
  remove(): void;
}

export interface Faults {
  plant(fault: Fault): PlantedFault;
  /** The action for this request, counted as a hit. */
  take(request: SandboxRequest): FaultAction | undefined;
  clear(): void;
}

interface Planted {
  readonly fault: Fault;
  seen: number;
  hits: number;
}

export function createFaults(): Faults {
  const planted: Planted[] = [];
  return {
    plant(fault) {
      const entry: Planted = { fault, seen: 0, hits: 0 };
      planted.push(entry);
      return {
        get hits() {
          return entry.hits;
        },
        remove: () => void planted.splice(planted.indexOf(entry), planted.includes(entry) ? 1 : 0),
      };
    },
    take: (request) => planted.find((entry) => strikes(entry, request))?.fault.action,
    clear: () => void planted.splice(0),
  };
}

function strikes(entry: Planted, request: SandboxRequest): boolean {
  if (!fits(entry.fault.match, request) || entry.hits >= (entry.fault.times ?? 1)) return false;
  entry.seen += 1;
  if (entry.seen <= (entry.fault.after ?? 0)) return false;
  entry.hits += 1;
  return true;
}

function fits(match: FaultMatch | undefined, request: SandboxRequest): boolean {
  if (match === undefined) return true;
  if (typeof match === 'function') return match(request);
  if (match instanceof RegExp) return match.test([request.method, request.path, ...request.rpc].join(' '));
  const words = match.split(' ');
  const method = words[0]?.startsWith('/') ? undefined : words.shift();
  const [path, rpc] = words;
  if (method !== undefined && method !== request.method) return false;
  if (path !== undefined && !pathFits(path, request.path)) return false;
  return rpc === undefined || request.rpc.includes(rpc);
}

function pathFits(pattern: string, path: string): boolean {
  return pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
}

/** The answer of a fault that never asks the service. */
export function canned(action: Extract<FaultAction, { kind: 'answer' | 'html' | 'redirect' }>): Response {
  if (action.kind === 'redirect') {
    return new Response(null, { status: action.status ?? 302, headers: { location: action.to } });
  }
  if (action.kind === 'html') {
    const page = '<!doctype html><html><head><title>Gateway</title></head><body><h1>Sign in</h1></body></html>';
    return new Response(page, { status: action.status ?? 200, headers: { 'content-type': 'text/html' } });
  }
  const { status, headers, body } = action;
  if (body === undefined) return new Response(null, { status, headers: { ...headers } });
  if (typeof body === 'string') return new Response(body, { status, headers: { ...headers } });
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });
}

const ESCAPES = '\u001b[2J\u001b]0;owned\u0007\u0000\u202e';
const SPOKEN = new Set(['name', 'key_name', 'message', 'detail', 'warning', 'description', 'title']);

/** `value` with terminal escapes in every text that people would be shown. */
export function withControlCharacters(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withControlCharacters);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.keys(value).map((key): [string, unknown] => {
    const member = fieldOf(value, key);
    if (SPOKEN.has(key) && typeof member === 'string') return [key, `${ESCAPES}${member}`];
    return [key, withControlCharacters(member)];
  });
  return Object.fromEntries(members);
}
