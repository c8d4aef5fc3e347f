/** Several processes and one login whose refresh tokens may be used once. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHome, type Home, mcpkey, mcpkeyJson, spawnMcpkey } from '../helpers/cli.ts';
import { BAD_GATEWAY } from '../helpers/issuer.ts';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  // Shorter than the time that a token is renewed ahead of its end: every use finds it due.
  sandbox = await startSandbox({ services: ['ai2fin'], accessTokenLifetime: 40 });
});
afterAll(() => sandbox.close());

async function loggedIn(): Promise<Home> {
  const home = await createHome();
  const running = spawnMcpkey(['login', 'ai2fin', '--url', sandbox.service('ai2fin').url, '--web', '--no-browser'], {
    home,
  });
  const [address] = await running.printed(/http:\S+\/auth\?\S+/);
  await sandbox.issuer.approveBrowser(address);
  expect((await running.finished).code).toBe(0);
  return home;
}

const tokenRequests = () => sandbox.issuer.requests.filter((request) => request.path === '/token').length;

test('processes that find the token due at once renew it once each at most, and the login lives', async () => {
  const home = await loggedIn();
  const runs = await Promise.all(Array.from({ length: 5 }, () => mcpkey(['headers', 'ai2fin/@login'], { home })));
  expect(runs.map((run) => run.code)).toEqual([0, 0, 0, 0, 0]);
  expect((await mcpkey(['headers', 'ai2fin/@login'], { home })).code).toBe(0);
});

test('a failure that passes leaves the token in use and the session alone', async () => {
  const home = await loggedIn();
  sandbox.issuer.fail('token', BAD_GATEWAY);
  const { code, stdout } = await mcpkey(['headers', 'ai2fin/@login'], { home });
  expect([code, stdout]).toEqual([0, expect.stringContaining('Bearer ')]);
  expect(await mcpkeyJson(['whoami'], { home })).toMatchObject([{ loggedIn: true }]);
});

test('a login that the server has ended says how to go on', async () => {
  const home = await loggedIn();
  sandbox.issuer.fail('token', { status: 400, body: { error: 'invalid_grant' } });
  const { code, stderr } = await mcpkey(['headers', 'ai2fin/@login'], { home });
  expect(code).toBe(3);
  expect(stderr).toContain('mcpkey login ai2fin');
});

test('logout revokes at the server; nothing renews it then', async () => {
  const home = await loggedIn();
  const { stdout } = await mcpkey(['logout', 'ai2fin'], { home });
  expect(stdout).toContain('the server has revoked');
  const before = tokenRequests();
  expect((await mcpkey(['headers', 'ai2fin/@login'], { home })).code).toBe(3);
  expect(tokenRequests()).toBe(before);
});
