/** etcd's v3 API over its JSON gateway (etcd.io/docs, "gRPC gateway"): 64-bit numbers as texts, bytes as base64. */
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../errors.ts';
import { secret } from '../secret.ts';
import { type StoreAnswer, type StoreRequest, storeExchange, storeUrl } from './http.ts';
import type { StorePorts } from './types.ts';

type Fields = StoreAnswer['body'];

export interface EtcdClient {
  /** One request; another member is asked where one is not there. Throws `store_unavailable` and `store_locked`. */
  call(path: string, body: Fields, options?: { timeout?: number }): Promise<Fields>;
  /** For a person. */
  readonly members: string;
}

const ENDPOINTS = 'MCPKEY_ETCD_ENDPOINTS';
const TLS = { ca: 'MCPKEY_ETCD_CACERT', cert: 'MCPKEY_ETCD_CERT', key: 'MCPKEY_ETCD_KEY' };
/** A member that stands still must not hold us up for long. */
const ATTEMPT = 5_000;
/** Long enough for the members to choose a new leader. */
const PATIENCE = 12_000;

/** So often no member at all may give an answer. */
const SILENT_ROUNDS = 3;

/** gRPC's codes, which etcd puts into its errors. */
const CODES = { deadline: 4, notFound: 5, denied: 7, exhausted: 8, unavailable: 14, unauthenticated: 16 };

/** Touches nothing before the first call. */
export function createEtcdClient(ports: StorePorts): EtcdClient {
  const exchange = storeExchange('etcd', ports, TLS);
  let endpoints: readonly URL[] | undefined;
  let preferred = 0;
  let token: Promise<string> | undefined;

  /** The first member that answers as one of a working cluster. */
  async function ask(path: string, request: StoreRequest): Promise<StoreAnswer> {
    endpoints ??= readEndpoints(ports);
    const deadline = Date.now() + PATIENCE;
    for (let silentRounds = 0; ; ) {
      let fault: UserError | undefined;
      let [silent, absent] = [0, 0];
      for (const [index, endpoint] of rotated(endpoints, preferred)) {
        const answer = await attempt(new URL(path, endpoint), request);
        if (!(answer instanceof UserError) && !isTransient(answer)) {
          preferred = index;
          return answer;
        }
        fault = answer instanceof UserError ? answer : refusal(answer);
        if (answer instanceof UserError) silent += 1;
        if (answer instanceof UserError && !answer.unanswered) absent += 1;
      }
      if (silent === endpoints.length) silentRounds += 1;
      // Where nobody listens at all there is no leader to wait for.
      if (absent === endpoints.length || silentRounds === SILENT_ROUNDS || Date.now() >= deadline) throw fault;
      await sleep(100 + Math.random() * 200);
    }
  }

  async function attempt(url: URL, request: StoreRequest): Promise<StoreAnswer | UserError> {
    try {
      return await exchange(url, { timeout: ATTEMPT, ...request });
    } catch (error) {
      if (error instanceof UserError && error.code === 'store_unavailable') return error;
      throw error;
    }
  }

  async function logIn(): Promise<string> {
    const { MCPKEY_ETCD_USER: name, MCPKEY_ETCD_PASSWORD: password } = ports.env;
    const known = password === undefined ? '' : secret(password).reveal();
    const answer = await ask('/v3/auth/authenticate', { body: { name, password: known } });
    const given = answer.body.token;
    if (answer.status === 200 && typeof given === 'string') return secret(given).reveal();
    throw refusal(answer);
  }

  async function authorized(): Promise<Readonly<Record<string, string>>> {
    if (!ports.env.MCPKEY_ETCD_USER) return {};
    token ??= logIn();
    try {
      return { authorization: await token };
    } catch (error) {
      token = undefined;
      throw error;
    }
  }

  return {
    get members() {
      endpoints ??= readEndpoints(ports);
      return endpoints.map(({ host }) => host).join(', ');
    },
    async call(path, body, options = {}) {
      const once = async () => ask(path, { body, headers: await authorized(), ...options });
      let answer = await once();
      if (ports.env.MCPKEY_ETCD_USER && isStaleToken(answer)) {
        token = undefined;
        answer = await once();
      }
      if (answer.status === 200) return answer.body;
      throw refusal(answer);
    },
  };
}

function readEndpoints(ports: StorePorts): readonly URL[] {
  const words = (ports.env[ENDPOINTS] ?? '').split(/[\s,]+/).filter((word) => word !== '');
  if (words.length > 0) return words.map((word) => storeUrl(word, ENDPOINTS, ports));
  throw new UserError('store_unavailable', `No etcd is named: ${ENDPOINTS} is not set.`, {
    hint: `Set it to the members' addresses (https://etcd1.example:2379,https://…), or choose another store: mcpkey store use age`,
  });
}

/** Beginning with the one that answered last. */
function rotated(endpoints: readonly URL[], first: number): readonly (readonly [number, URL])[] {
  const numbered = [...endpoints.entries()];
  return [...numbered.slice(first), ...numbered.slice(0, first)];
}

const codeOf = ({ body }: StoreAnswer): unknown => body.code;

function wordsOf({ status, body }: StoreAnswer): string {
  const words = [body.message, body.error].find((text) => typeof text === 'string' && text !== '');
  return typeof words === 'string' ? words.slice(0, 200) : `HTTP status ${status}`;
}

/** No leader, or a member that is just starting or ending: another one, or a moment later, will do. */
function isTransient(answer: StoreAnswer): boolean {
  const code = codeOf(answer);
  return code === CODES.unavailable || code === CODES.deadline || (code === undefined && answer.status >= 500);
}

/** Tokens live in a member's memory for five minutes. */
const isStaleToken = (answer: StoreAnswer): boolean =>
  codeOf(answer) === CODES.unauthenticated || /invalid auth token|user name is empty/.test(wordsOf(answer));

function refusal(answer: StoreAnswer): UserError {
  const said = wordsOf(answer);
  const code = codeOf(answer);
  const login = /authentication failed|user name is empty|invalid auth token|client certificate/.test(said);
  if (login || code === CODES.denied || code === CODES.unauthenticated) {
    return new UserError('store_locked', `etcd refuses: ${said}`, {
      hint: 'Set MCPKEY_ETCD_USER and MCPKEY_ETCD_PASSWORD to a user whose role may read and write keys below mcpkey/.',
    });
  }
  const hint = code === CODES.exhausted ? 'Its space is used up: etcdctl alarm list' : 'etcdctl endpoint health';
  return new UserError('store_unavailable', `etcd failed: ${said}`, { hint });
}

/** The refusal that means: there is no such lease any more. */
export const isLeaseGone = (error: unknown): boolean =>
  error instanceof UserError && error.message.includes('requested lease not found');
