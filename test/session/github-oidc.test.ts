/** `login --github-oidc` on the built program: a job that logs in as itself, and stays logged in. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { WHO } from '../cli/documents.ts';
import { createMachine, type Machine } from '../cli/machine.ts';
import { type Runner, startRunner } from '../helpers/runner.ts';

const AUDIENCE = 'https://gateway.apexmcp.example';
let runner: Runner;
let machine: Machine;
beforeAll(async () => {
  runner = await startRunner();
});
afterAll(() => runner.close());
beforeEach(async () => {
  machine = await createMachine();
  runner.lifetime = 300;
  runner.refusal = undefined;
});

const job = () => ({
  CI: 'true',
  ACTIONS_ID_TOKEN_REQUEST_URL: runner.requestUrl,
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: runner.permit,
});
const login = (...more: string[]) => ['login', 'apexmcp', '--org', 'acme', '--github-oidc', ...more];
const header = z.object({ Authorization: z.string() });
const claimsSent = async (env: Record<string, string>) => {
  const { Authorization } = header.parse(
    JSON.parse((await machine.run(['headers', 'apexmcp/@login'], { env })).stdout),
  );
  const payload = Authorization.split('.')[1] ?? '';
  return z
    .looseObject({ aud: z.string(), jti: z.string() })
    .parse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
};

it('logs the job in, for the audience that is named', async () => {
  const who = await machine.json(WHO, login('--audience', AUDIENCE), { env: job() });
  expect(who).toMatchObject({ account: 'repo:ann/shop:ref:refs/heads/main', method: 'github-oidc', loggedIn: true });
  expect(runner.audiences.at(-1)).toBe(AUDIENCE);
  expect(await claimsSent(job())).toMatchObject({ aud: AUDIENCE });
  expect(await machine.filesWith(runner.permit)).toEqual([]);
});

it('takes the MCP endpoint as audience where none is named, never a token that is good for anyone', async () => {
  await machine.run(login(), { env: job() });
  expect(runner.audiences.at(-1)).toBe('https://gateway.apexmcp.ai/mcp/acme');
});

it('checks the issuer where one is named, and the signature by its keys', async () => {
  await machine.run(login('--issuer', runner.issuer, '--audience', AUDIENCE), { env: job() });
  const other = ['--issuer', `${runner.issuer}/other`, '--audience', AUDIENCE];
  const error = await machine.fails(login(...other), { env: job(), code: 3 });
  expect(error.message).toMatch(/iss/i);
});

it('renews the token without asking, inside the job and only there', async () => {
  runner.lifetime = 30;
  await machine.run(login('--audience', AUDIENCE), { env: job() });
  const before = runner.audiences.length;
  const first = await claimsSent(job());
  expect(runner.audiences.length).toBe(before + 1);
  expect(first.jti).toBe(String(before + 1));
  runner.lifetime = 6;
  const { expiresAt } = await machine.json(WHO, login('--audience', AUDIENCE), { env: job() });
  await until(() => Date.now() > Date.parse(expiresAt ?? ''));
  const outside = await machine.fails(['headers', 'apexmcp/@login'], { code: 3 });
  expect(outside).toMatchObject({ code: 'not_logged_in', hint: expect.stringContaining('mcpkey login') });
  runner.lifetime = 300;
  await machine.run(['headers', 'apexmcp/@login'], { env: job() });
  // Kept, so the next command need not ask.
  const asked = runner.audiences.length;
  await machine.run(['headers', 'apexmcp/@login'], { env: job() });
  expect(runner.audiences.length).toBe(asked);
});

it('logs a later job in by the profile alone', async () => {
  await machine.run(login('--audience', AUDIENCE), { env: job() });
  await machine.run(['logout', 'apexmcp']);
  expect(await claimsSent(job())).toMatchObject({ aud: AUDIENCE });
  await machine.run(['login', 'apexmcp'], { env: job() });
});

it.each([
  ['outside a job', {}, undefined, 2, 'usage', 'id-token: write'],
  [
    'without the permission',
    { ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'another-permit' },
    undefined,
    3,
    'not_logged_in',
    'write',
  ],
  ['where the runner fails', {}, 500, 9, 'server_error', ''],
] as const)('is refused %s', async (what, env, refusal, code, error, hint) => {
  runner.refusal = refusal;
  const inside = what === 'outside a job' ? {} : job();
  const failed = await machine.fails(login('--audience', AUDIENCE), { env: { ...inside, ...env }, code });
  expect(failed).toMatchObject({ code: error });
  expect(failed.hint ?? '').toContain(hint);
  expect((await machine.run(['whoami'])).stdout).not.toContain('github-oidc');
});

it('is no way for a service that takes no token from elsewhere, nor beside another way', async () => {
  const both = await machine.fails(login('--device'), { env: job(), code: 2 });
  expect(both.message).toContain('exclude each other');
  const words = ['login', 'mcp-cloud', '--mcp-url', 'https://a.mcp-cloud.example/mcp', '--github-oidc'];
  expect(await machine.fails(words, { env: job(), code: 1 })).toMatchObject({ code: 'unsupported' });
});

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((next) => setTimeout(next, 100));
}
