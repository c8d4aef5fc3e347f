import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe } from 'vitest';
import { LOGINS } from '../../src/auth/index.ts';
import type { LoginMethod, LoginMethodId, LoginRequest } from '../../src/auth/types.ts';
import { secret } from '../../src/secret.ts';
import { type LoginCase, loginConformance } from '../conformance/login.ts';
import { type Issuer, startIssuer } from '../helpers/issuer.ts';
import { loginRequest, testPorts } from '../helpers/login-ports.ts';
import { type Runner, startRunner } from '../helpers/runner.ts';
import { makeToken } from '../helpers/tokens.ts';

const RESOURCE = 'http://127.0.0.1:9/mcp';
const CLOSED = 'http://127.0.0.1:9';
const READABLE = 'http://idp.example';
const methods = new Map<LoginMethodId, LoginMethod>();
let idp: Issuer;
let site: { url: string; password: string; close(): void };
let ownToken: string;
let runner: Runner;

const never: typeof fetch = (_url, init) =>
  new Promise((_resolve, reject) => init?.signal?.addEventListener('abort', () => reject(init.signal?.reason)));

beforeAll(async () => {
  idp = await startIssuer();
  site = await startPasswordSite();
  ownToken = await machineToken(idp);
  runner = await startRunner();
  for (const id of ['device', 'web', 'client-credentials', 'password', 'token', 'github-oidc'] as const)
    methods.set(id, await LOGINS[id]());
});

afterAll(async () => {
  site.close();
  runner.close();
  await idp.close();
});

function method(id: LoginMethodId): LoginMethod {
  const found = methods.get(id);
  if (!found) throw new Error(id);
  return found;
}

const atIssuer = (fields: Partial<LoginRequest> = {}) =>
  loginRequest({
    issuer: idp.issuer,
    clientId: idp.clientIds.public,
    resource: RESOURCE,
    scopes: ['mcp:read'],
    ...fields,
  });

/** The cases of a method that differ in the request only. */
function fromRequest(
  id: LoginMethodId,
  good: () => LoginRequest,
  bad: () => LoginRequest,
  secrets: () => string[],
): LoginCase {
  const elsewhere = (origin: string): LoginRequest => {
    const request = good();
    const password = request.endpoints?.password;
    if (password) return { ...request, endpoints: { password: { ...password, url: `${origin}/login` } } };
    return { ...request, issuer: origin, token: request.token && secret(makeToken({ iss: origin, aud: RESOURCE })) };
  };
  return {
    method: method(id),
    succeeds: () => ({ request: good(), ports: testPorts() }),
    refused: () => ({ request: bad(), ports: testPorts(), secrets: secrets() }),
    unreachable: () => ({ request: elsewhere(CLOSED), ports: testPorts() }),
    readable: () => ({ request: elsewhere(READABLE), ports: testPorts() }),
    waiting: (stop) => {
      setTimeout(() => stop.abort(), 50);
      return { request: good(), ports: testPorts({ fetch: never, signal: stop.signal }) };
    },
  };
}

describe('device', () => {
  loginConformance('device', () => ({
    ...fromRequest(
      'device',
      () => atIssuer(),
      () => atIssuer(),
      () => [],
    ),
    succeeds: () => ({
      request: atIssuer(),
      ports: testPorts({
        speed: 4,
        onDevice: ({ verificationUriComplete = '' }) => void idp.approveDevice(verificationUriComplete),
      }),
    }),
    refused: () => ({
      request: atIssuer(),
      ports: testPorts({
        speed: 4,
        onDevice: ({ verificationUriComplete = '' }) => void idp.approveDevice(verificationUriComplete, { deny: true }),
      }),
      secrets: [],
    }),
    waiting: (stop) => ({
      request: atIssuer(),
      ports: testPorts({ signal: stop.signal, onDevice: () => void setTimeout(() => stop.abort(), 50) }),
    }),
  }));
});

describe('web', () => {
  loginConformance('web', () => ({
    ...fromRequest(
      'web',
      () => atIssuer(),
      () => atIssuer(),
      () => [],
    ),
    succeeds: () => ({ request: atIssuer(), ports: testPorts({ onBrowser: (url) => void idp.approveBrowser(url) }) }),
    refused: () => ({
      request: atIssuer(),
      ports: testPorts({
        onBrowser: (url) => {
          const asked = new URL(url).searchParams;
          const back = new URL(asked.get('redirect_uri') ?? '');
          back.search = new URLSearchParams({
            error: 'access_denied',
            state: asked.get('state') ?? '',
            iss: idp.issuer,
          }).toString();
          void fetch(back);
        },
      }),
      secrets: [],
    }),
    waiting: (stop) => ({
      request: atIssuer(),
      ports: testPorts({ signal: stop.signal, onBrowser: () => void setTimeout(() => stop.abort(), 50) }),
    }),
  }));
});

describe('client-credentials', () => {
  const wrong = `wrong-${'x'.repeat(20)}`;
  const machine = (clientSecret: string) =>
    atIssuer({ clientId: idp.clientIds.machine, clientSecret: secret(clientSecret) });
  loginConformance('client-credentials', () =>
    fromRequest(
      'client-credentials',
      () => machine(idp.machineSecret),
      () => machine(wrong),
      () => [wrong],
    ),
  );
});

describe('password', () => {
  const request = (password: string) =>
    loginRequest({
      email: 'ann@example.com',
      password: secret(password),
      endpoints: {
        password: {
          url: `${site.url}/login`,
          email: 'email',
          password: 'password',
          token: '/access_token',
          expiresIn: '/expires_in',
        },
      },
    });
  const wrong = `not-${'p'.repeat(16)}`;
  loginConformance('password', () =>
    fromRequest(
      'password',
      () => request(site.password),
      () => request(wrong),
      () => [wrong],
    ),
  );
});

describe('token', () => {
  const request = (value: string) => atIssuer({ token: secret(value), audience: RESOURCE });
  loginConformance('token', () => {
    const wrong = makeToken({ iss: idp.issuer, aud: 'https://other.example' });
    return fromRequest(
      'token',
      () => request(ownToken),
      () => request(wrong),
      () => [wrong],
    );
  });
});

describe('github-oidc', () => {
  const job = (permit: string) =>
    loginRequest({ audience: RESOURCE, job: { url: runner.requestUrl, token: secret(permit) } });
  const wrong = `wrong-${'x'.repeat(20)}`;
  const elsewhere = (origin: string) =>
    loginRequest({ audience: RESOURCE, job: { url: `${origin}/token?api-version=2.0`, token: secret(runner.permit) } });
  loginConformance('github-oidc', () => ({
    ...fromRequest(
      'github-oidc',
      () => job(runner.permit),
      () => job(wrong),
      () => [wrong],
    ),
    unreachable: () => ({ request: elsewhere(CLOSED), ports: testPorts() }),
    readable: () => ({ request: elsewhere(READABLE), ports: testPorts() }),
  }));
});

async function machineToken(issuer: Issuer): Promise<string> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', scope: 'mcp:read', resource: RESOURCE });
  const pair = Buffer.from(`${issuer.clientIds.machine}:${issuer.machineSecret}`).toString('base64');
  const answer = await fetch(`${issuer.issuer}/token`, {
    method: 'POST',
    body,
    headers: { authorization: `Basic ${pair}` },
  });
  const { access_token } = (await answer.json()) as { access_token: string };
  return access_token;
}

async function startPasswordSite() {
  const password = `right-${Math.random().toString(36).slice(2)}`;
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const { password: given } = JSON.parse(text) as { password: string };
    const good = given === password;
    const body = good
      ? { access_token: makeToken({ sub: 'ann' }), token_type: 'bearer', expires_in: 3600 }
      : { detail: 'Invalid email or password' };
    response
      .writeHead(good ? 200 : 401, { 'content-type': 'application/json', connection: 'close' })
      .end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, password, close: () => server.close() };
}
