/**
 * A made-up service that no manifest of ours knows, with its own: it rotates keys by itself, under the same id or a new
 * one, with an overlap or without; or leaves that out, allows one key at a time, or has revocation in its dashboard alone.
 */
import type { Manifest } from '../../src/providers/manifest.ts';
import { createFaults, type Faults } from './faults.ts';
import { noteSecret } from './given-out.ts';
import { listen } from './listen.ts';
import { createMcpDoor } from './mcp.ts';
import { json, notFound, rpcError } from './replies.ts';
import { bearerOf, fieldOf, type SandboxRequest, textOf } from './request.ts';
import { randomWord } from './shelf.ts';

export interface NativeOptions {
  /** Absent: the service has no rotation of its own. */
  readonly rotate?: { readonly id: 'same' | 'new'; readonly overlap: boolean };
  /** A second active key is refused. */
  readonly oneKey?: boolean;
  /** No API makes keys, or revokes them. */
  readonly createByHand?: boolean;
  readonly revokeByHand?: boolean;
  /** Milliseconds that a new secret is refused at first. */
  readonly settling?: number;
}

export interface NativeKey {
  readonly id: string;
  readonly name: string;
  /** The newest comes last; each with the time from which it is refused, in ms. */
  readonly secrets: { readonly value: string; readonly from: number; until: number }[];
  readonly createdAt: Date;
  revoked: boolean;
}

/** Called when a request has come (`arrived`) and when its work is done (`answered`). `drop`: go no further. */
export type Tap = (event: 'arrived' | 'answered', request: SandboxRequest) => Promise<'drop' | undefined>;

export interface Native {
  readonly url: string;
  readonly mcpUrl: string;
  readonly manifest: Manifest;
  /** What a session's bearer token must be. */
  readonly token: string;
  readonly keys: readonly NativeKey[];
  readonly requests: SandboxRequest[];
  readonly faults: Faults;
  /** Every secret that is accepted now. */
  accepted(): readonly string[];
  /** Keys with a secret that is accepted now or soon. */
  living(): readonly NativeKey[];
  /** What a person does in the dashboard: makes a key, whose secret it shows once, and revokes one. */
  make(name: string): string;
  revoke(id: string): void;
  tap: Tap | undefined;
  /** Back to the keys of `keep()`, without faults, requests and tap. */
  reset(): void;
  keep(): void;
  close(): Promise<void>;
}

interface Site {
  readonly options: NativeOptions;
  readonly token: string;
  readonly keys: NativeKey[];
}

const NEVER = Number.MAX_SAFE_INTEGER;
const TOOLS = [
  { name: 'roll', title: 'Roll', description: 'Rolls a die.', input: [], answer: () => ({ eyes: 4 }) },
] as const;

export async function startNative(options: NativeOptions = {}): Promise<Native> {
  const site: Site = { options, token: `session-${randomWord(24)}`, keys: [] };
  const requests: SandboxRequest[] = [];
  const faults = createFaults();
  let kept: NativeKey[] = [];
  const door = createMcpDoor({ name: 'acme-rolls', version: '2.0.0', tools: TOOLS });
  const tapped = async (request: SandboxRequest): Promise<Response | undefined> => {
    if ((await native.tap?.('arrived', request)) === 'drop') return undefined;
    const key = accepted(site, bearerOf(request));
    const mcp = request.path === '/mcp';
    const answer = mcp ? (key ? await door.serve(request) : refusal(request)) : api(site, request);
    return (await native.tap?.('answered', request)) === 'drop' ? undefined : answer;
  };
  const server = await listen({ service: 'native', log: requests, faults, latency: 0 }, () => tapped);
  const native: Native = {
    url: server.origin,
    mcpUrl: `${server.origin}/mcp`,
    manifest: nativeManifest(options),
    token: site.token,
    keys: site.keys,
    requests,
    faults,
    accepted: () => site.keys.flatMap((key) => key.secrets.filter((one) => isLive(key, one)).map((one) => one.value)),
    living: () => living(site),
    make: (name) => addKey(site, name).secrets[0]?.value ?? '',
    revoke: (id) => {
      const key = site.keys.find((candidate) => candidate.id === id);
      if (key) key.revoked = true;
    },
    tap: undefined,
    keep: () => {
      kept = structuredClone(site.keys);
    },
    reset: () => {
      site.keys.splice(0, site.keys.length, ...structuredClone(kept));
      requests.splice(0);
      faults.clear();
      native.tap = undefined;
    },
    close: async () => void (await Promise.all([server.close(), door.close()])),
  };
  return native;
}

const isLive = (key: NativeKey, { from, until }: NativeKey['secrets'][number], now = Date.now()): boolean =>
  !key.revoked && from <= now && now < until;

const accepted = (site: Site, value: string | undefined): NativeKey | undefined =>
  site.keys.find((key) => key.secrets.some((one) => one.value === value && isLive(key, one)));

const refusal = (request: SandboxRequest) =>
  rpcError(request, { status: 401, code: -32001, message: 'this key is not accepted' });

function api(site: Site, request: SandboxRequest): Response {
  if (bearerOf(request) !== site.token) return json(401, { error: 'who are you?' });
  const id = textOf(request.json, 'id') ?? '';
  switch (`${request.method} ${request.path}`) {
    case 'GET /keys':
      return json(200, { keys: site.keys.map(shown) });
    case 'POST /keys':
      return createKey(site, textOf(request.json, 'name') ?? '');
    case 'POST /keys/rotate':
      return rotateKey(site, id, Number(fieldOf(request.json, 'overlap') ?? 0));
    case 'POST /keys/revoke':
      return revokeKey(site, id);
    default:
      return notFound();
  }
}

const shown = (key: NativeKey) => ({
  id: key.id,
  name: key.name,
  active: !key.revoked && key.secrets.some(({ until }) => until > Date.now()),
  created: key.createdAt.toISOString(),
});

const living = (site: Site) => site.keys.filter((key) => shown(key).active);

function newSecret(site: Site): NativeKey['secrets'][number] {
  return { value: noteSecret(`roll_${randomWord(32)}`), from: Date.now() + (site.options.settling ?? 0), until: NEVER };
}

function createKey(site: Site, name: string): Response {
  if (site.options.oneKey && living(site).length > 0) return json(422, { error: 'one active key at a time' });
  return json(201, told(addKey(site, name)));
}

function addKey(site: Site, name: string): NativeKey {
  const id = `r${site.keys.length + 1}`;
  const key: NativeKey = { id, name, secrets: [newSecret(site)], createdAt: new Date(), revoked: false };
  site.keys.push(key);
  return key;
}

const told = (key: NativeKey) => ({ ...shown(key), key: key.secrets.at(-1)?.value });

function rotateKey(site: Site, id: string, overlap: number): Response {
  const key = living(site).find((candidate) => candidate.id === id);
  const { rotate } = site.options;
  if (!key || !rotate) return json(404, { error: 'no such active key' });
  const until = Date.now() + (rotate.overlap ? overlap : 0);
  for (const one of key.secrets) one.until = Math.min(one.until, until);
  if (rotate.id === 'new') return json(200, told(addKey(site, key.name)));
  key.secrets.push(newSecret(site));
  return json(200, told(key));
}

function revokeKey(site: Site, id: string): Response {
  const key = living(site).find((candidate) => candidate.id === id);
  if (!key || site.options.revokeByHand) return json(404, { error: 'no such active key' });
  key.revoked = true;
  return json(200, {});
}

const FIELDS = { id: '/id', label: '/name', createdAt: { pointer: '/created', format: 'rfc3339' } } as const;

/** What an author of a plug-in would write for it. */
export function nativeManifest({ rotate, createByHand, revokeByHand, oneKey, settling }: NativeOptions): Manifest {
  const page = 'https://acme.example/keys';
  const list = { mode: 'assisted', page, steps: ['Look at the keys.'] } as const;
  return {
    id: 'acme-rolls',
    title: 'Acme Rolls',
    docs: 'https://acme.example/docs',
    profile: { url: { required: true }, mcpUrl: { default: '{+url}/mcp' } },
    logins: [{ method: 'token', discovery: 'none' }],
    operations: {
      create: createByHand
        ? { mode: 'assisted', page, steps: ['Make a key named "{name}", and copy it.'] }
        : {
            mode: 'api',
            request: { method: 'POST', path: '/keys', body: { name: '{name}' }, success: { status: [201] } },
            fields: { ...FIELDS, secret: '/key' },
          },
      list: createByHand
        ? list
        : {
            mode: 'api',
            request: { method: 'GET', path: '/keys', success: { status: [200] } },
            items: '/keys',
            fields: { ...FIELDS, active: { pointer: '/active', equals: true, otherwise: 'revoked' } },
            pagination: { style: 'none' },
          },
      revoke: revokeByHand
        ? { mode: 'assisted', page, steps: ['Find the key "{name}" (id {id}), and revoke it.'] }
        : {
            mode: 'api',
            request: { method: 'POST', path: '/keys/revoke', body: { id: '{id}' }, success: { status: [200] } },
          },
      ...(rotate
        ? {
            rotate: {
              mode: 'api',
              id: rotate.id,
              request: {
                method: 'POST',
                path: '/keys/rotate',
                body: { id: '{id}', overlap: '{overlap}' },
                success: { status: [200] },
              },
              fields: { ...FIELDS, secret: '/key' },
              ...(rotate.overlap ? { overlap: { unit: 'milliseconds', max: 86_400_000 } } : {}),
            },
          }
        : {}),
      usage: { mode: 'unsupported', reason: 'Acme Rolls counts nothing.' },
    },
    scopes: { known: [], default: [] },
    key: { pattern: '^roll_[A-Za-z0-9]{32}$', prefix: 'roll_', mark: 'name' },
    rules: {
      order: 'create-first',
      ...(oneKey ? { maxActive: 1 } : {}),
      ...(settling ? { settling: { amount: settling * 4, unit: 'milliseconds' } } : {}),
    },
    mcp: { key: { url: '{+mcpUrl}', header: 'Authorization', scheme: 'Bearer' } },
    errors: [{ when: { status: 422 }, code: 'refused', message: '/error' }],
  };
}
