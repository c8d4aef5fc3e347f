import { afterAll, beforeAll, expect, test } from 'vitest';
import { device } from '../../src/auth/device.ts';
import { failureOf } from '../conformance/login.ts';
import {
  BAD_GATEWAY,
  DROPPED,
  type Fault,
  type Issuer,
  SLOW_DOWN,
  startIssuer,
  UNAVAILABLE,
} from '../helpers/issuer.ts';
import { loginRequest, testPorts } from '../helpers/login-ports.ts';

let idp: Issuer;
beforeAll(async () => {
  idp = await startIssuer();
});
afterAll(() => idp.close());

const request = () =>
  loginRequest({
    issuer: idp.issuer,
    clientId: idp.clientIds.public,
    resource: 'http://127.0.0.1:9/mcp',
    scopes: ['mcp:read'],
  });

/** A login that meets `faults` at its first polls and is approved at once. Waits pass a hundred times as fast. */
async function meeting(...faults: Fault[]) {
  idp.fail('token', ...faults);
  const ports = testPorts({
    speed: 100,
    onDevice: (prompt) => void idp.approveDevice(prompt.verificationUriComplete ?? ''),
  });
  const session = await device.run(request(), ports);
  return { session, waits: ports.waits, notes: ports.notes };
}

test('it waits before the first poll, as long as the server says', async () => {
  idp.interval = 3;
  const { waits, session } = await meeting();
  idp.interval = 1;
  expect(waits[0]).toBeGreaterThanOrEqual(3_000);
  expect(waits[0]).toBeLessThan(4_000);
  expect(session.refreshToken).toBeDefined();
});

test('five seconds where the server does not say', async () => {
  idp.interval = undefined;
  const { waits } = await meeting();
  idp.interval = 1;
  expect(waits[0]).toBeGreaterThanOrEqual(5_000);
});

test('slow_down slows this and all later polls by five seconds', async () => {
  const pending = { status: 400, body: { error: 'authorization_pending' } };
  const { waits } = await meeting(SLOW_DOWN, pending, SLOW_DOWN, pending);
  expect(waits.slice(0, 5).map((wait) => Math.floor(wait / 1000))).toEqual([1, 6, 6, 11, 11]);
});

test('a larger interval in the answer is taken', async () => {
  const { waits } = await meeting({ status: 400, body: { error: 'slow_down', interval: 30 } });
  expect(waits[1]).toBeGreaterThanOrEqual(30_000);
});

test('an error that comes with status 200 is understood', async () => {
  const { waits } = await meeting({ status: 200, body: { error: 'slow_down', interval: 12 } });
  expect(waits[1]).toBeGreaterThanOrEqual(12_000);
});

test('a 502 page, a lost connection and a 503 end nothing', async () => {
  const { session, notes } = await meeting(BAD_GATEWAY, DROPPED, UNAVAILABLE);
  expect(session.method).toBe('device');
  expect(notes.filter((note) => note.includes('going on'))).toHaveLength(3);
});

test('Retry-After is obeyed', async () => {
  const { waits } = await meeting({ status: 503, headers: { 'retry-after': '17' }, body: {} });
  expect(waits[1]).toBeGreaterThanOrEqual(17_000);
});

test('a code that nobody approves ends as one message, whoever says so', async () => {
  idp.fail('token', { status: 400, body: { error: 'expired_token' } });
  const said = await failureOf(device.run(request(), testPorts({ speed: 100 })));
  let now = Date.now();
  const clock = testPorts({ speed: 1000, now: () => (now += 400_000) });
  const passed = await failureOf(device.run(request(), clock));
  expect([said.code, said.message]).toEqual([passed.code, passed.message]);
  expect(said.code).toBe('not_logged_in');
});

test('a client that the server does not know ends it', async () => {
  const error = await failureOf(device.run({ ...request(), clientId: 'unknown' }, testPorts()));
  expect(error.exitCode).toBe(3);
  expect(error.hint).toContain('--client-id');
});

test('an address that is no web page is not shown', async () => {
  const body = { device_code: 'd'.repeat(20), user_code: 'AB', verification_uri: 'file:///etc/passwd', expires_in: 60 };
  idp.fail('device', { status: 200, body });
  const ports = testPorts();
  expect((await failureOf(device.run(request(), ports))).code).toBe('bad_response');
  expect(ports.shown).toEqual([]);
});
