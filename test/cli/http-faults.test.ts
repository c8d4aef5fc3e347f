/** What a service or the way to it can do wrong, and what each command makes of it. */
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FaultAction } from '../sandbox/index.ts';
import { type Failure, failureOf, type Stocked, startStocked } from './stocked.ts';
import { tracesIn } from './traces.ts';

let stocked: Stocked;
/** Another origin, with a server that notes who asks. */
let elsewhere: { readonly url: string; readonly asked: string[]; close(): Promise<void> };
beforeAll(async () => {
  stocked = await startStocked();
  elsewhere = await listenElsewhere();
});
afterAll(async () => {
  await stocked.close();
  await elsewhere.close();
});

async function listenElsewhere() {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end('{}');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const close = () => new Promise<void>((done) => void server.close(() => done()));
  return { url: `http://127.0.0.1:${port}`, asked, close };
}

const COMMANDS = {
  login: { path: '/api/auth/login', args: [] },
  create: { path: '/api/mcp-keys/create', args: ['create', 'next'] },
  list: { path: '/api/mcp-keys/list', args: ['list'] },
  revoke: { path: '/api/mcp-keys/revoke', args: ['revoke', 'ci', '--yes'] },
  usage: { path: '/api/mcp-usage/stats', args: ['usage'] },
  verify: { path: '/messages', args: ['verify', 'stock/ci'] },
} as const;
type Id = keyof typeof COMMANDS;
const IDS: readonly Id[] = ['login', 'create', 'list', 'revoke', 'usage', 'verify'];
const each = <T>(of: (id: Id) => T): Record<Id, T> => ({
  login: of('login'),
  create: of('create'),
  list: of('list'),
  revoke: of('revoke'),
  usage: of('usage'),
  verify: of('verify'),
});

/** All commands at once. */
async function failAll(more: readonly string[] = []): Promise<Record<Id, Failure>> {
  const { machine, login, credentials } = stocked;
  const run = (id: Id) =>
    id === 'login'
      ? failureOf(machine, [...login, ...more], { env: credentials })
      : failureOf(machine, [...COMMANDS[id].args, ...more]);
  const failures = await Promise.all(IDS.map(async (id) => [id, await run(id)] as const));
  const found = new Map(failures);
  return each((id) => found.get(id) ?? expect.fail(`${id} did not fail`));
}

/** All commands at once, while every request goes wrong. */
async function suffer(action: FaultAction, more: readonly string[] = []) {
  const { sandbox } = stocked;
  const since = sandbox.requests.length;
  sandbox.fault('stock-data', { times: Number.POSITIVE_INFINITY, action });
  const failures = await failAll(more);
  sandbox.clearFaults();
  const requests = sandbox.requests.slice(since);
  return { failures, asked: each((id) => requests.filter(({ path }) => path === COMMANDS[id].path).length) };
}

type Row = readonly [code: string, exit: number];
const alike = (row: Row, others: Partial<Record<Id, Row>> = {}) => ({ ...each(() => row), ...others });
const SERVER = alike(['server_error', 9]);
const BAD = alike(['bad_response', 1]);
const AWAY = alike(['unreachable', 9]);

function expectFailures(failures: Record<Id, Failure>, expected: Record<Id, Row>, says = /\w/): void {
  const seen = each((id) => [failures[id].code, failures[id].exit]);
  expect(seen, JSON.stringify(failures, null, 1)).toEqual(expected);
  expect(each((id) => failures[id].message)).toEqual(each(() => expect.stringMatching(says)));
  expect(each((id) => failures[id].hint)).toEqual(each(() => expect.stringMatching(/\w{3}/)));
  expect(each((id) => failures[id].provider)).toEqual(each(() => 'stock-data'));
}

/**
 * Nothing was made or revoked at the service, and nothing written here, but for the journal of a create whose outcome
 * could not be seen. It is put aside, so that the next create need not look for it.
 */
async function unharmed(work: () => Promise<void>): Promise<void> {
  const { machine, living } = stocked;
  const before = [living(), await tracesIn(machine.home.mcpkey)];
  await work();
  const journals = Object.keys(await tracesIn(machine.home.mcpkey)).filter((path) => /journals\/create-/.test(path));
  for (const path of journals) await rm(path);
  expect(journals.length).toBeLessThanOrEqual(1);
  expect([living(), await tracesIn(machine.home.mcpkey)]).toEqual(before);
}

const ONCE = each(() => 1);
/** Three attempts of what is safe to repeat; a create looks for its key in the list. */
const THRICE = { ...each(() => 3), create: 1, list: 6 };

describe('an answer of', () => {
  const answer = (status: number, body: unknown, headers = {}): FaultAction => ({
    kind: 'answer',
    status,
    body,
    headers,
  });
  const said = { detail: '不行' };
  it.each<[name: string, FaultAction, Record<Id, Row>, asked: Record<Id, number> | undefined, says: RegExp]>([
    [
      '401',
      answer(401, said),
      alike(['invalid_token', 3], { login: ['not_logged_in', 3], verify: ['invalid_api_key', 3] }),
      ONCE,
      /不行/,
    ],
    ['403', answer(403, said), alike(['insufficient_scope', 4], { login: ['not_logged_in', 3] }), ONCE, /不行/],
    [
      '404, as where routes are not mounted',
      answer(404, { detail: 'Not Found' }),
      alike(['unsupported', 1], { verify: ['not_found', 5] }),
      undefined,
      /404|exist/,
    ],
    ['418', answer(418, said), alike(['refused', 1], { login: ['bad_response', 1] }), undefined, /不行/],
    ['500', answer(500, said), SERVER, THRICE, /HTTP 500/],
    ['503 for a moment', answer(503, said, { 'retry-after': '0' }), SERVER, THRICE, /HTTP 503/],
    ['HTML', { kind: 'html' }, BAD, undefined, /text\/html|without a token|web page/],
    ['half a JSON text', answer(200, '{"keys":[{"id":'), BAD, undefined, /JSON|without a token|no MCP/],
    ['null', answer(200, null), BAD, undefined, /\w/],
    ['a list where an object is due', answer(200, []), BAD, undefined, /\w/],
  ])('%s', async (_name, action, expected, times, says) => {
    await unharmed(async () => {
      const { failures, asked } = await suffer(action);
      expectFailures(failures, expected, says);
      if (times) expect(asked).toEqual(times);
    });
  });
});

it.each(['login', 'list', 'verify'] as const)('50 MB are not read: %s', async (id) => {
  const { sandbox, machine, login, credentials } = stocked;
  await unharmed(async () => {
    sandbox.fault('stock-data', { match: COMMANDS[id].path, action: { kind: 'huge' } });
    const args = id === 'login' ? login : COMMANDS[id].args;
    const failure = await failureOf(machine, args, { env: credentials });
    expect(failure).toMatchObject({
      code: 'bad_response',
      exit: 1,
      message: expect.stringMatching(/(longer|more) than/),
    });
    expect(failure.hint).toContain('mcpkey profile show');
  });
});

describe('no answer', () => {
  it('where the connection is reset: asked three times, a create once', async () => {
    await unharmed(async () => {
      const { failures, asked } = await suffer({ kind: 'reset' });
      expectFailures(failures, AWAY, /broken off/);
      expect(asked).toEqual(THRICE);
    });
  });

  it('within --timeout', async () => {
    await unharmed(async () => {
      const { failures } = await suffer({ kind: 'never' }, ['--timeout', '1s']);
      expectFailures(failures, AWAY, /did not answer in time/);
      expect(each((id) => failures[id].hint)).toMatchObject({ list: expect.stringContaining('--timeout') });
    });
  });

  it('where nothing listens any more', async () => {
    const gone = await startStocked();
    await gone.close();
    const before = await tracesIn(gone.machine.home.mcpkey);
    const { machine, login, credentials } = gone;
    const run = (id: Id) => failureOf(machine, id === 'login' ? login : COMMANDS[id].args, { env: credentials });
    for (const failure of await Promise.all(IDS.map(run))) {
      expect(failure).toMatchObject({ code: 'unreachable', exit: 9, provider: 'stock-data', status: null });
      expect([failure.message, failure.hint]).toEqual([
        expect.stringContaining('connection refused'),
        expect.stringContaining('mcpkey profile show'),
      ]);
    }
    expect(await tracesIn(machine.home.mcpkey)).toEqual(before);
  });

  it('where nobody knows the name', async () => {
    const { machine, credentials } = stocked;
    const urls = ['--url', 'https://stock.invalid', '--mcp-url', 'https://stock.invalid/messages'];
    const profile = ['-p', 'nowhere'];
    await machine.run(['profile', 'add', 'stock-data', ...profile, ...urls]);
    const env = { MCPKEY_NOWHERE_TOKEN: ['made', 'up'].join('-') };
    const input = `sk-${'a1'.repeat(32)}`;
    const failures = await Promise.all([
      failureOf(machine, ['login', 'nowhere', '--password'], { env: credentials }),
      failureOf(machine, ['list', ...profile], { env }),
      failureOf(machine, ['create', 'x', ...profile], { env }),
      failureOf(machine, ['import', 'x', '--stdin', ...profile], { input }),
    ]);
    await machine.run(['profile', 'remove', 'nowhere', '--yes']);
    for (const failure of failures) {
      expect(failure).toMatchObject({ code: 'unreachable', exit: 9, provider: 'stock-data', status: null });
      expect(failure.message).toContain('DNS');
      expect(failure.hint).toContain('mcpkey profile show');
    }
  });
});

describe('a redirect', () => {
  it('to another origin carries nothing there', async () => {
    await unharmed(async () => {
      const { failures } = await suffer({ kind: 'redirect', to: `${elsewhere.url}/x`, status: 307 });
      expectFailures(failures, BAD, /redirects to/);
      expect(elsewhere.asked).toEqual([]);
    });
  });

  it('within the origin is followed where the request stays the same', async () => {
    const { sandbox, machine, login, credentials } = stocked;
    const redirect = (path: string, status: number) =>
      sandbox.fault('stock-data', { match: path, action: { kind: 'redirect', to: `${path}?here=1`, status } });
    redirect(COMMANDS.list.path, 302);
    await machine.run(['list']);
    redirect(COMMANDS.create.path, 308);
    await machine.run(['create', 'moved']);
    redirect(COMMANDS.login.path, 307);
    await machine.run(login, { env: credentials });
    await unharmed(async () => {
      redirect(COMMANDS.create.path, 302);
      expect(await failureOf(machine, ['create', 'never'])).toMatchObject({ code: 'bad_response', exit: 1 });
      redirect(COMMANDS.verify.path, 307);
      const { code, hint } = await failureOf(machine, ['verify', 'stock/ci']);
      expect([code, hint]).toEqual(['bad_response', expect.stringContaining('--mcp-url')]);
    });
  });
});
