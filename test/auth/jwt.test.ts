import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { checkClaims, readClaims, verifySignature } from '../../src/auth/jwt.ts';
import { secret } from '../../src/secret.ts';
import { failureOf } from '../conformance/login.ts';
import { testPorts } from '../helpers/login-ports.ts';
import { makeToken } from '../helpers/tokens.ts';

const NOW = Date.parse('2026-11-21T10:00:00Z');
const ISSUER = 'https://id.example';
const AUDIENCE = 'https://mcp.example';
const seconds = NOW / 1000;
const good = { iss: ISSUER, aud: AUDIENCE, exp: seconds + 60, sub: 'ann' };

const check = async (claims: object, header: object = {}, expected: object = {}) =>
  checkClaims(secret(makeToken({ ...good, ...claims }, { ...header })), {
    issuer: ISSUER,
    audience: AUDIENCE,
    now: NOW,
    ...expected,
  });

test('a token that fits is read', async () => {
  expect(await check({ aud: ['x', AUDIENCE], email: 'ann@example.test', scope: 'a b' })).toEqual({
    algorithm: 'RS256',
    issuer: ISSUER,
    audiences: ['x', AUDIENCE],
    expiresAt: NOW + 60_000,
    notBefore: undefined,
    account: 'ann@example.test',
    scope: 'a b',
  });
});

test.each<[string, object, object, object]>([
  ['alg is none', {}, { alg: 'none' }, {}],
  ['alg is HS256', {}, { alg: 'HS256' }, {}],
  ['alg is HS512', {}, { alg: 'HS512' }, {}],
  ['alg is ES256, the service takes RS256', {}, { alg: 'ES256' }, { algorithms: ['RS256'] }],
  ['iss is https://evil.example, not https://id.example', { iss: 'https://evil.example' }, {}, {}],
  ['iss is missing', { iss: undefined }, {}, {}],
  ['iss is https://id.example/, not', { iss: `${ISSUER}/` }, {}, {}],
  ['aud is a, b, not https://mcp.example', { aud: ['a', 'b'] }, {}, {}],
  ['aud is missing', { aud: undefined }, {}, {}],
  ['exp was 2026-11-21T10:00:00.000Z', { exp: seconds }, {}, {}],
  ['exp is missing', { exp: undefined }, {}, {}],
  ['nbf is 2026-11-21T11:00:00.000Z', { nbf: seconds + 3600 }, {}, {}],
])('%s', async (words, claims, header, expected) => {
  const error = await failureOf(check(claims, header, expected));
  expect(error.code).toBe('invalid_token');
  expect(error.message).toContain(words);
  expect(error.message.split(';')).toHaveLength(1);
});

test('several faults are all named', async () => {
  const error = await failureOf(check({ iss: 'x', aud: 'y', exp: 1 }, { alg: 'none' }));
  for (const claim of ['alg', 'iss', 'aud', 'exp']) expect(error.message).toContain(`${claim} `);
});

test.each(['', 'x', 'a.b.c', 'a.b', `${makeToken()}.x`, `${Buffer.from('{}').toString('base64url')}.e30.x`])(
  'what is no JWT is undefined: %s',
  (text) => {
    expect(readClaims(secret(text))).toBeUndefined();
  },
);

describe('signature', () => {
  let signed: string;
  let other: string;
  let keys: object[];
  const ports = (body: unknown, status = 200) => ({
    ...testPorts({ fetch: async () => new Response(JSON.stringify(body), { status }) }),
    allowHttp: false,
  });

  beforeAll(async () => {
    const [one, two] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')]);
    const sign = (key: CryptoKey) => new SignJWT(good).setProtectedHeader({ alg: 'RS256' }).sign(key);
    [signed, other] = await Promise.all([sign(one.privateKey), sign(two.privateKey)]);
    const unrelated = await generateKeyPair('RS256');
    keys = await Promise.all(
      [unrelated.publicKey, one.publicKey].map(async (key, index) => ({
        ...(await exportJWK(key)),
        alg: 'RS256',
        kid: `${index}`,
      })),
    );
  });

  test('by a published key', async () => {
    await verifySignature(secret(signed), `${ISSUER}/jwks`, ports({ keys }));
  });

  test('by another key is invalid_token', async () => {
    const error = await failureOf(verifySignature(secret(other), `${ISSUER}/jwks`, ports({ keys })));
    expect([error.code, error.message]).toEqual(['invalid_token', expect.stringContaining('signature')]);
  });

  test('no key set is bad_response', async () => {
    const error = await failureOf(verifySignature(secret(signed), `${ISSUER}/jwks`, ports({ keys: 'x' })));
    expect(error.code).toBe('bad_response');
  });
});
