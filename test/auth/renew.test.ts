import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientCredentials } from '../../src/auth/client-credentials.ts';
import { isRenewable, renewSession } from '../../src/auth/renew.ts';
import { revokeSession } from '../../src/auth/revoke.ts';
import type { Session } from '../../src/auth/types.ts';
import { web } from '../../src/auth/web.ts';
import { secret } from '../../src/secret.ts';
import { failureOf } from '../conformance/login.ts';
import { BAD_GATEWAY, DROPPED, type Issuer, startIssuer, UNAVAILABLE } from '../helpers/issuer.ts';
import { loginRequest, testPorts } from '../helpers/login-ports.ts';

let idp: Issuer;
beforeAll(async () => {
  idp = await startIssuer();
});
afterAll(() => idp.close());

const RESOURCE = 'http://127.0.0.1:9/mcp';
const ports = () => ({ ...testPorts(), allowHttp: false });
const common = () => ({ issuer: idp.issuer, resource: RESOURCE, scopes: ['mcp:read'] });
const person = (): Promise<Session> =>
  web.run(
    loginRequest({ ...common(), clientId: idp.clientIds.public }),
    testPorts({ onBrowser: (url) => void idp.approveBrowser(url) }),
  );
const machine = (): Promise<Session> =>
  clientCredentials.run(
    loginRequest({ ...common(), clientId: idp.clientIds.machine, clientSecret: secret(idp.machineSecret) }),
    testPorts(),
  );

describe('renewal', () => {
  test('a refresh token is used once and gives the next one', async () => {
    const first = await person();
    const second = await renewSession(first, ports());
    expect(second.accessToken.reveal()).not.toBe(first.accessToken.reveal());
    expect(second.refreshToken?.reveal()).not.toBe(first.refreshToken?.reveal());
    expect(second).toMatchObject({ account: 'ann', method: 'web', issuer: idp.issuer, resource: RESOURCE });
  });

  test('a token used twice ends the login: not_logged_in', async () => {
    const first = await person();
    await renewSession(first, ports());
    expect((await failureOf(renewSession(first, ports()))).code).toBe('not_logged_in');
  });

  test('an answer without a refresh token keeps the old one', async () => {
    const first = await person();
    const body = { access_token: 'x'.repeat(30), token_type: 'bearer', expires_in: 60 };
    idp.fail('token', { status: 200, headers: { 'content-type': 'application/json' }, body });
    const second = await renewSession(first, ports());
    expect(second.refreshToken?.reveal()).toBe(first.refreshToken?.reveal());
  });

  test('client credentials are sent again', async () => {
    const first = await machine();
    expect(first.refreshToken).toBeUndefined();
    const second = await renewSession(first, ports());
    expect(second.accessToken.reveal()).not.toBe(first.accessToken.reveal());
    expect(second.account).toBe(idp.clientIds.machine);
  });

  test.each([
    ['502 with a page', BAD_GATEWAY, 'server_error'],
    ['503', UNAVAILABLE, 'server_error'],
    ['429', { status: 429, headers: { 'retry-after': '7' }, body: {} }, 'rate_limited'],
    ['a lost connection', DROPPED, 'unreachable'],
    ['what OAuth does not allow', { status: 200, body: { hello: 'world' } }, 'bad_response'],
  ])('%s ends nothing', async (_title, fault, code) => {
    const session = await machine();
    idp.fail('token', fault);
    const error = await failureOf(renewSession(session, ports()));
    expect(error.code).toBe(code);
    if (code === 'rate_limited') expect(error.retryAfter).toBe(7);
  });

  test('a session without refresh token cannot be renewed', async () => {
    const brought: Session = { method: 'token', accessToken: secret('y'.repeat(30)), issuer: idp.issuer };
    expect(isRenewable(brought)).toBe(false);
    expect((await failureOf(renewSession(brought, ports()))).code).toBe('not_logged_in');
  });
});

describe('client authentication', () => {
  test('the id is not encoded more than RFC 3986 wants', async () => {
    const seen: string[] = [];
    const spy: typeof fetch = async (input, init) => {
      const authorization = new Headers(init?.headers).get('authorization');
      if (authorization) seen.push(Buffer.from(authorization.replace('Basic ', ''), 'base64').toString());
      return fetch(input, init);
    };
    const request = loginRequest({
      ...common(),
      clientId: idp.clientIds.machine,
      clientSecret: secret(idp.machineSecret),
    });
    await clientCredentials.run(request, testPorts({ fetch: spy }));
    expect(seen).toEqual([`machine-client_1.0:${idp.machineSecret}`]);
  });

  test('a server that takes the secret in the body only is asked once more', async () => {
    idp.fail('token', {
      status: 401,
      headers: { 'www-authenticate': 'Basic realm="x"' },
      body: { error: 'invalid_client' },
    });
    const session = await clientCredentials.run(
      loginRequest({
        endpoints: { tokenEndpoint: `${idp.issuer}/token` },
        resource: RESOURCE,
        scopes: ['mcp:read'],
        clientId: idp.clientIds.machine,
        clientSecret: secret(idp.machineSecret),
      }),
      testPorts({
        // The real server takes one of both: this one takes the body.
        fetch: async (input, init) => {
          const form = new URLSearchParams(String(init?.body));
          const headers = new Headers(init?.headers);
          if (form.has('client_secret')) {
            headers.set(
              'authorization',
              `Basic ${Buffer.from(`${form.get('client_id')}:${form.get('client_secret')}`).toString('base64')}`,
            );
            form.delete('client_secret');
            form.delete('client_id');
          }
          return fetch(input, { ...init, headers, body: form });
        },
      }),
    );
    expect(session.clientAuth).toBe('client_secret_post');
  });
});

describe('revocation', () => {
  const revocations = () => idp.requests.filter((request) => request.path === '/token/revocation').length;

  test('refresh token and access token; the login is dead then', async () => {
    const session = await person();
    const before = revocations();
    expect(await revokeSession(session, ports())).toEqual({ revoked: true });
    expect(revocations() - before).toBe(2);
    expect((await failureOf(renewSession(session, ports()))).code).toBe('not_logged_in');
  });

  test.each([
    ['503', UNAVAILABLE, /503/],
    ['unsupported_token_type', { status: 400, body: { error: 'unsupported_token_type' } }, /unsupported_token_type/],
    ['a lost connection', DROPPED, /could not be reached/],
  ])('%s is said, not thrown', async (_title, fault, reason) => {
    const session = await person();
    idp.fail('revocation', fault, fault);
    expect(await revokeSession(session, ports())).toEqual({ revoked: false, reason: expect.stringMatching(reason) });
  });

  test('a server without revocation endpoint', async () => {
    const session = { ...(await person()), revocationEndpoint: undefined };
    expect(await revokeSession(session, ports())).toMatchObject({
      revoked: false,
      reason: expect.stringContaining('no revocation endpoint'),
    });
  });
});
