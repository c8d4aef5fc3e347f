/** What a probe asks, whatever carries it: HTTP or a local server's stdio. */
import { retell, UserError } from '../errors.ts';
import { version as ownVersion } from '../version.ts';
import type { Era } from './eras.ts';
import { canBeHeader, legacyHeaders, modernHeaders } from './headers.ts';
import { errorOf, isObject, type Message, resultOf } from './message.ts';
import { type Diagnoser, type ProbeReply, resultOrThrow, statusOf } from './probe-call.ts';
import { createToolHeaders } from './tool-headers.ts';

export interface ProbeResult {
  readonly ok: boolean;
  /** HTTP status of the answer that decided; null where there was none. */
  readonly status: number | null;
  readonly server: { readonly name: string; readonly version: string } | null;
  readonly protocolVersion: string | null;
  readonly tools: readonly string[];
  readonly durationMs: number;
  readonly error: UserError | null;
}

/** What is known so far; a probe that fails halfway tells who answered. */
interface Findings {
  status: number | null;
  server: { name: string; version: string } | null;
  protocolVersion: string | null;
  tools: string[];
}

type Headers = Readonly<Record<string, string>>;

export interface ProbeLine {
  /** Sends one message and resolves with its answer; a notification's is empty. */
  ask(message: Message, headers: Headers): Promise<ProbeReply>;
  /** Ends a legacy session that has an id. */
  leave(headers: Headers): Promise<void>;
  readonly diagnoser: Diagnoser;
}

interface Steps extends ProbeLine {
  readonly found: Findings;
}

const LEGACY_VERSION = '2025-11-25';
const MODERN_VERSION = '2026-07-28';
const CLIENT_INFO = { name: 'mcpkey', version: ownVersion };
/** Pages of `tools/list` that are read; a server that never ends is not followed for ever. */
const MAX_PAGES = 50;
/** What a server says to a method or version that it does not have: JSON-RPC, and MCP 2026-07-28. */
const NOT_SPOKEN: ReadonlySet<number> = new Set([-32_601, -32_020, -32_021, -32_022]);
const NOT_SPOKEN_STATUS: ReadonlySet<number> = new Set([400, 404, 405, 406, 415]);
const SERVER_INFO = 'io.modelcontextprotocol/serverInfo';

/**
 * Asks in the era `first`, then in the other one where it is not spoken. What the server refuses is the result's
 * `error`; so is `unreachable` and the like. Throws `Cancelled` and faults of mcpkey alone.
 * @returns the result, and the era that answered
 */
export async function runProbe(line: ProbeLine, first: Era): Promise<{ result: ProbeResult; era: Era | undefined }> {
  const started = performance.now();
  const found: Findings = { status: null, server: null, protocolVersion: null, tools: [] };
  const ask: ProbeLine['ask'] = async (message, headers) => {
    const reply = await line.ask(message, headers);
    found.status = statusOf(reply);
    return reply;
  };
  let era: Era | undefined;
  let error: UserError | null = null;
  try {
    era = await inEitherEra({ ...line, ask, found }, first);
  } catch (reason) {
    if (!(reason instanceof UserError)) throw reason;
    error = retell(reason, { provider: line.diagnoser.id });
    found.status = reason.status ?? null;
  }
  const durationMs = Math.round(performance.now() - started);
  return { era, result: { ok: error === null, ...found, durationMs, error } };
}

async function inEitherEra(steps: Steps, first: Era): Promise<Era> {
  const second: Era = first === 'legacy' ? 'modern' : 'legacy';
  const refused = await IN_ERA[first](steps);
  if (refused === 'done') return first;
  if ((await IN_ERA[second](steps)) === 'done') return second;
  resultOrThrow(steps.diagnoser, refused);
  throw notTools(steps, refused);
}

/** True where the reply says that this era is not spoken, rather than that the credential is bad. */
function isNotSpoken(reply: ProbeReply): boolean {
  const error = reply.message && errorOf(reply.message);
  if (error && NOT_SPOKEN.has(error.code)) return true;
  // A refusal that hides as the code of a JSON-RPC error is one.
  return NOT_SPOKEN_STATUS.has(reply.answer.status) && !(error && error.code >= 400);
}

/** `done`, or the answer of a server that does not speak this era. */
async function probeLegacy(steps: Steps): Promise<'done' | ProbeReply> {
  const { ask, found, diagnoser } = steps;
  const params = { protocolVersion: LEGACY_VERSION, capabilities: {}, clientInfo: CLIENT_INFO };
  const reply = await ask({ jsonrpc: '2.0', id: 1, method: 'initialize', params }, {});
  if (isNotSpoken(reply)) return reply;
  const result = resultOrThrow(diagnoser, reply);
  const protocolVersion = typeof result.protocolVersion === 'string' ? result.protocolVersion : LEGACY_VERSION;
  found.protocolVersion = protocolVersion;
  found.server = serverOf(result.serverInfo);
  const id = reply.answer.headers.get('mcp-session-id') ?? undefined;
  const headers = legacyHeaders({ id, version: protocolVersion });
  try {
    await ask({ jsonrpc: '2.0', method: 'notifications/initialized' }, headers);
    await listTools(steps, result, (cursor) =>
      ask({ jsonrpc: '2.0', id: 2, method: 'tools/list', params: cursor }, headers),
    );
  } finally {
    if (id !== undefined) await steps.leave(headers);
  }
  return 'done';
}

async function probeModern(steps: Steps): Promise<'done' | ProbeReply> {
  const { ask, found, diagnoser } = steps;
  let spoken = MODERN_VERSION;
  const send = (id: number, method: string, params: Message): Promise<ProbeReply> => {
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': spoken,
      'io.modelcontextprotocol/clientInfo': CLIENT_INFO,
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const message = { jsonrpc: '2.0', id, method, params: { ...params, _meta } };
    return ask(message, modernHeaders(message, spoken, createToolHeaders()));
  };
  let reply = await send(1, 'server/discover', {});
  const offered = supportedVersion(reply);
  if (offered !== undefined) {
    spoken = offered;
    reply = await send(2, 'server/discover', {});
  }
  if (isNotSpoken(reply)) return reply;
  const result = resultOrThrow(diagnoser, reply);
  found.protocolVersion = spoken;
  const meta = isObject(result._meta) ? result._meta : {};
  found.server = serverOf(meta[SERVER_INFO] ?? result.serverInfo);
  await listTools(steps, result, (cursor) => send(3, 'tools/list', cursor));
  return 'done';
}

/** A later version than ours among those that `-32022` offers; legacy ones are reached by `initialize`. */
function supportedVersion({ message }: ProbeReply): string | undefined {
  const error = message && errorOf(message);
  if (error?.code !== -32_022 || !isObject(error.data) || !Array.isArray(error.data.supported)) return undefined;
  const versions = error.data.supported.filter((each): each is string => typeof each === 'string');
  return versions
    .filter((each) => each >= MODERN_VERSION && canBeHeader(each))
    .sort()
    .at(-1);
}

async function listTools(
  { found, diagnoser }: Steps,
  opening: Message,
  page: (cursor: Message) => Promise<ProbeReply>,
): Promise<void> {
  let cursor: Message = {};
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const reply = await page(cursor);
    if (hasNoTools(opening, reply)) return;
    const result = resultOrThrow(diagnoser, reply);
    if (!Array.isArray(result.tools)) throw notTools({ diagnoser }, reply);
    found.tools.push(
      ...result.tools.flatMap((tool) => (isObject(tool) && typeof tool.name === 'string' ? [tool.name] : [])),
    );
    if (typeof result.nextCursor !== 'string' || result.nextCursor === '') return;
    cursor = { cursor: result.nextCursor };
  }
}

/** A server that offers no tools says so at the opening; then "no such method" is its answer to a good credential. */
function hasNoTools(opening: Message, { answer, message }: ProbeReply): boolean {
  const offers = isObject(opening.capabilities) && 'tools' in opening.capabilities;
  const gated = answer.status === 401 || answer.status === 403 || (message && resultOf(message)) !== undefined;
  return !offers && !gated && message !== undefined && errorOf(message)?.code === -32_601;
}

const notTools = ({ diagnoser }: Pick<Steps, 'diagnoser'>, { answer }: ProbeReply) =>
  new UserError('bad_response', 'The server answered tools/list without a list of tools.', {
    status: answer.status,
    provider: diagnoser.id,
    hint: 'Is this the MCP URL of the service? mcpkey profile show PROFILE',
  });

function serverOf(info: unknown): { name: string; version: string } | null {
  if (!isObject(info) || typeof info.name !== 'string') return null;
  return { name: info.name, version: typeof info.version === 'string' ? info.version : '' };
}

const IN_ERA: Readonly<Record<Era, (steps: Steps) => Promise<'done' | ProbeReply>>> = {
  legacy: probeLegacy,
  modern: probeModern,
};
