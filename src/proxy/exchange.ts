/** HTTP to the MCP endpoint with the credential in memory: replaced when it was rotated, tried again once after a 401. */
import { retell, UserError } from '../errors.ts';
import type { Credential } from '../keys/credential.ts';
import type { McpAccess } from '../providers/types.ts';
import type { Secret } from '../secret.ts';
import { filled, typed } from '../typed.ts';
import { unreachable } from './failure.ts';

export interface HttpRequest {
  readonly method: 'POST' | 'GET' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  /** Exactly what is sent and signed. */
  readonly body?: string;
  readonly signal: AbortSignal;
}

export interface Exchange {
  /** Answers of any status return. Throws `unreachable`, `bad_response` (a redirect), and what reading the secret throws. */
  send(request: HttpRequest): Promise<Response>;
  /** For a refusal inside a 200: true where another secret is held now than the one that got this answer. */
  renew(response: Response): Promise<boolean>;
}

export interface ExchangePorts {
  readonly access: McpAccess;
  readonly credential: Pick<Credential, 'profile' | 'read' | 'reread' | 'generationFile' | 'refresh'>;
  readonly fetch: typeof fetch;
  /** State of the generation file, without reading it. */
  readonly generation: (path: string) => string;
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly log: (text: string) => void;
}

/** Milliseconds for a rotation that is under way to write the new secret. */
const SETTLING = 200;
/** Milliseconds before a secret that was refused is asked for anew, so that a dead login is not renewed at each call. */
const REFUSAL_REST = 30_000;

export function createExchange(ports: ExchangePorts): Exchange {
  const held = holdSecret(ports);
  const once = async (request: HttpRequest, secret: Secret): Promise<Response> => {
    const { access, credential } = ports;
    const profile = credential.profile.name;
    const signature = access.sign?.(secret, request.body ?? '', ports.now());
    const headers = { ...request.headers, ...access.headers(secret), ...signature };
    const { method, body, signal } = request;
    try {
      return await ports.fetch(access.address?.(secret) ?? access.url, {
        method,
        headers,
        signal,
        redirect: 'manual',
        ...(body !== undefined && { body }),
      });
    } catch (error) {
      if (signal.aborted) throw error;
      const fault = unreachable(access.url, error);
      throw retell(fault, { hint: filled(fault.hint ?? '', { profile }) });
    }
  };
  const usedFor = new WeakMap<Response, Secret>();
  return {
    async send(request) {
      let used = await held.current();
      let response = await once(request, used);
      if (response.status === 401) {
        const newer = await held.after(used);
        if (newer) {
          await response.body?.cancel();
          used = newer;
          response = await once(request, newer);
        }
      }
      await refuseRedirect(response, ports);
      usedFor.set(response, used);
      return response;
    },
    async renew(response) {
      const used = usedFor.get(response);
      return used !== undefined && (await held.after(used)) !== undefined;
    },
  };
}

interface HeldSecret {
  current(): Promise<Secret>;
  /** Another secret than `refused`, or undefined where there is none. */
  after(refused: Secret): Promise<Secret | undefined>;
}

function holdSecret(ports: ExchangePorts): HeldSecret {
  const { credential } = ports;
  let held: { secret: Secret; generation: string } | undefined;
  let asking: Promise<Secret> | undefined;
  let lastRefused = { value: '', at: Number.NEGATIVE_INFINITY };

  const load = (read: () => Promise<Secret>): Promise<Secret> => {
    asking ??= (async () => {
      // Looked at before the read: a change that comes in between is seen at the next request.
      const generation = ports.generation(credential.generationFile);
      const secret = await read();
      held = { secret, generation };
      return secret;
    })().finally(() => {
      asking = undefined;
    });
    return asking;
  };
  const isOther = (value: string): boolean => held !== undefined && held.secret.reveal() !== value;
  return {
    async current() {
      if (held) await credential.refresh?.();
      if (held?.generation === ports.generation(credential.generationFile)) return held.secret;
      const before = held;
      try {
        return await load(() => credential.read());
      } catch (error) {
        if (!before || !(error instanceof UserError)) throw error;
        // A locked store must not end a connection that works; a key that was revoked is refused by the server.
        ports.log(`the key could not be read again, going on with the one in use: ${error.message}`);
        return before.secret;
      }
    },
    async after(refused) {
      const value = refused.reveal();
      if (!isOther(value)) await ports.sleep(SETTLING);
      if (isOther(value)) return held?.secret;
      if (lastRefused.value === value && ports.now() - lastRefused.at < REFUSAL_REST) return undefined;
      try {
        await load(() => credential.reread());
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        // The server's own refusal is what the client gets.
        ports.log(`the key could not be read again: ${error.message}`);
      }
      if (isOther(value)) return held?.secret;
      lastRefused = { value, at: ports.now() };
      return undefined;
    },
  };
}

async function refuseRedirect(
  response: Response,
  { access: { url }, credential: { profile } }: Pick<ExchangePorts, 'access' | 'credential'>,
): Promise<void> {
  const location = response.headers.get('location');
  if (response.status < 300 || response.status >= 400 || location === null) return;
  await response.body?.cancel();
  const target = URL.canParse(location, url) ? new URL(location, url) : undefined;
  throw new UserError(
    'bad_response',
    `${url} redirects to ${target?.origin ?? 'another address'}, which is not followed with a key.`,
    {
      status: response.status,
      hint:
        target && target.origin === new URL(url).origin
          ? typed`mcpkey profile set ${profile.name} --mcp-url ${target.href}`
          : typed`Check the MCP URL of the profile: mcpkey profile show ${profile.name}`,
    },
  );
}
