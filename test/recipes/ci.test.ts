/** Every shell block of docs/ci.md, run as its CI would, against the sandbox. */
import { readFileSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { run } from '../../src/system/run.ts';
import { createMachine, type Machine } from '../cli/machine.ts';
import { program } from '../helpers/cli.ts';
import { type Runner, startRunner } from '../helpers/runner.ts';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import { type Block, blocksOf, githubSteps, gitlabJobs, settingsOf } from './blocks.ts';

const blocks = blocksOf(readFileSync('docs/ci.md', 'utf8'));
const seen = new Set<Block>();
/** The blocks of one language below a heading, in order. */
const under = (heading: string, language: string): readonly string[] => {
  const found = blocks.filter((block) => block.heading === heading && block.language === language);
  for (const block of found) seen.add(block);
  return found.map(({ text }) => text);
};
const only = (heading: string, language: string): string => {
  const [first, ...more] = under(heading, language);
  if (first === undefined || more.length > 0) throw new Error(`${heading}: not one ${language} block`);
  return first;
};

let sandbox: Sandbox;
let machine: Machine;
/** Where a runner works; gone after each run but for its cache. */
let work: string;
let bin: string;
beforeAll(async () => {
  sandbox = await startSandbox({ services: ['stock-data'] });
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  machine = await createMachine();
  work = join(machine.home.root, 'work');
  bin = join(machine.home.root, 'bin');
  await mkdir(work);
  await makePrograms();
});
afterEach(() => sandbox.clearFaults());

/** mcpkey itself, and programs that write down what they are asked and given. */
async function makePrograms(): Promise<void> {
  const put = async (name: string, lines: string) =>
    chmod(await machine.home.write(join(bin, name), `#!/bin/sh\n${lines}\n`), 0o755);
  await put('mcpkey', `exec '${process.execPath}' '${program()}' "$@"`);
  await put('npm', 'test "$*" = "install --global mcpkey"');
  await put('setpriv', 'shift 5; exec "$@"');
  await put('install', 'for last; do :; done; mkdir -p "$last"');
  await put('systemctl', ':');
  const pushed = join(machine.home.root, 'pushed');
  for (const name of ['gh', 'glab']) {
    await put(
      name,
      `test ! -e '${pushed}.refuse' || { echo 'HTTP 403' >&2; exit 1; }
printf '%s %s = %s\\n' '${name}' "$*" "$(cat)" >> '${pushed}'`,
    );
  }
}
const pushed = async () => (await readFile(join(machine.home.root, 'pushed'), 'utf8')).trim().split('\n');

const bare = () => ({
  PATH: `${bin}:${machine.home.env.PATH}`,
  HOME: machine.home.dir,
  USER: 'runner',
  TMPDIR: join(machine.home.root, 'tmp'),
});
const service = () => ({
  STOCK_URL: sandbox.service('stock-data').url,
  STOCK_MCP_URL: sandbox.service('stock-data').mcpUrl,
});
const login = () => ({ MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: sandbox.person.password });

/** As runners do: the whole script in one shell that stops at the first failure. */
async function shell(script: string, env: Record<string, string | undefined>, code = 0) {
  const ended = await run('bash', ['-eo', 'pipefail', '-c', script], { env, cwd: work, timeout: 60_000 });
  expect(ended.code, `${script}\n${ended.stdout}${ended.stderr}`).toBe(code);
  return ended;
}

const living = () => sandbox.keys('stock-data').filter((key) => !key.revoked);
const liveSecret = () => living().at(-1)?.secret ?? 'none';
afterEach(() => {
  for (const key of living()) key.revoked = true;
});

/** As if the key had been made 81 days ago. */
async function makeOld(ledger: string): Promise<void> {
  const path = join(ledger, 'stock/ci.json');
  const record = z.looseObject({ createdAt: z.string() }).parse(JSON.parse(await readFile(path, 'utf8')));
  const createdAt = new Date(Date.now() - 81 * 86_400_000).toISOString();
  await writeFile(path, JSON.stringify({ ...record, createdAt }));
}

const ROTATED = z.array(z.looseObject({ ref: z.string(), state: z.string() }));
const rotated = (stdout: string) => ROTATED.parse(JSON.parse(stdout)).map(({ ref, state }) => `${ref} ${state}`);

/** What a nightly recipe must do, whatever the CI. `first` and `rotate` are its scripts. */
async function nights(
  { first, rotate, env, push }: { first: string; rotate: string; env: Record<string, string>; push?: string },
  { state, lost }: { state: string; lost: boolean },
): Promise<void> {
  await shell(first, env);
  const [old] = living();
  if (push) expect(await pushed()).toEqual([`${push} = ${old?.secret}`]);
  expect((await shell(rotate, env)).stdout).toBe('[]\n');
  expect(living()).toEqual([old]);

  // The next night, on another runner that has the cache alone.
  await makeOld(join(state, 'data/ledger'));
  const cache = join(machine.home.root, 'cache');
  await cp(state, cache, { recursive: true });
  if (lost) {
    await rm(work, { recursive: true });
    await mkdir(work);
    const before = sandbox.requests.length;
    const nothing = await shell(rotate, env, 5);
    expect(`${nothing.stdout}${nothing.stderr}`).toContain('No key was ever kept here');
    expect(sandbox.requests.length).toBe(before);
    await rm(state, { recursive: true, force: true });
    await cp(cache, state, { recursive: true });
  }
  const { stdout } = await shell(rotate, env);
  expect(rotated(stdout)).toEqual(['stock/ci done']);
  expect(living()).toHaveLength(1);
  expect(liveSecret()).not.toBe(old?.secret);
  if (push) expect((await pushed()).at(-1)).toBe(`${push} = ${liveSecret()}`);
  expect(await machine.filesWith(liveSecret())).toEqual(push ? [join(machine.home.root, 'pushed')] : []);
}

describe('A key for one job', () => {
  it('needs no store, and leaves no key', async () => {
    const env = { ...bare(), ...service(), ...login() };
    const [ephemeral = '', output = ''] = under('A key for one job', 'sh');
    await chmod(
      await machine.home.write(
        join(work, 'report'),
        '#!/bin/sh\ntest -n "$STOCK_API_KEY" && echo "with $STOCK_API_KEY"\n',
      ),
      0o755,
    );
    expect((await shell(ephemeral, env)).stdout).toContain('with [secret]\n');
    expect(living()).toEqual([]);
    const file = await machine.home.write(join(work, 'github-env'), '');
    const store = { MCPKEY_STORE: 'age', MCPKEY_AGE_IDENTITY: machine.home.env.MCPKEY_AGE_IDENTITY };
    const { stderr } = await shell(output, { ...env, ...store, GITHUB_ENV: file, GITHUB_RUN_ID: '7' });
    expect(await readFile(file, 'utf8')).toBe(`STOCK_API_KEY=${liveSecret()}\n`);
    expect(stderr).toContain(`::add-mask::${liveSecret()}\n`);
    expect(living().map(({ name }) => name)).toEqual([expect.stringMatching(/^job-7-mk/)]);
  });
});

it('makes an identity for the CI alone', async () => {
  await shell(only('What a nightly rotation needs', 'sh'), bare());
  expect(await pushed()).toEqual([expect.stringMatching(/^gh secret set MCPKEY_AGE_IDENTITY = AGE-SECRET-KEY-1\w+$/)]);
  expect(await readdir(work)).toEqual([]);
});

/** The identity as a CI keeps it: by value. */
const identity = async () =>
  (await readFile(machine.home.env.MCPKEY_AGE_IDENTITY ?? '', 'utf8'))
    .split('\n')
    .find((line) => line.startsWith('AGE-')) ?? '';

describe('GitHub Actions', () => {
  const yaml = () => only('GitHub Actions', 'yaml');
  const github = async (): Promise<Record<string, string>> => {
    const given: Record<string, string> = {
      'github.workspace': work,
      'github.repository': 'ann/shop',
      'secrets.MCPKEY_AGE_IDENTITY': await identity(),
      'secrets.MCPKEY_EMAIL': sandbox.person.email,
      'secrets.MCPKEY_PASSWORD': sandbox.person.password,
      'secrets.SECRETS_TOKEN': 'a-made-up-token',
      'vars.STOCK_URL': service().STOCK_URL,
      'vars.STOCK_MCP_URL': service().STOCK_MCP_URL,
    };
    const fill = (expression: string) => given[expression] ?? `unknown: ${expression}`;
    return { ...bare(), CI: 'true', GITHUB_ACTIONS: 'true', ...settingsOf(yaml(), fill) };
  };
  const step = (name: string) => {
    const found = githubSteps(yaml());
    return `${found.get('Install')}\n${found.get(name)}\n`;
  };

  it('makes the first key, replaces it when it is due, and says where state is lost', async () => {
    const env = await github();
    expect(Object.values(env).filter((value) => value.includes('unknown'))).toEqual([]);
    const recipe = { first: step('First key'), rotate: step('Rotate'), env, push: 'gh secret set STOCK_API_KEY' };
    await nights(recipe, { state: join(work, '.mcpkey'), lost: true });
  });

  it('keeps the old key where the new one cannot be handed on, and goes on the next night', async () => {
    const env = await github();
    await shell(step('First key'), env);
    const old = liveSecret();
    await makeOld(join(work, '.mcpkey/data/ledger'));
    const refuse = await machine.home.write(join(machine.home.root, 'pushed.refuse'), '');
    expect(rotated((await shell(step('Rotate'), env, 8)).stdout)).toEqual(['stock/ci resumable']);
    expect(living().map(({ secret }) => secret)).toContain(old);
    await rm(refuse);
    expect(rotated((await shell(step('Rotate'), env)).stdout)).toEqual(['stock/ci done']);
    expect(living()).toHaveLength(1);
    expect((await pushed()).at(-1)).toBe(`gh secret set STOCK_API_KEY = ${liveSecret()}`);
  });

  it.each([
    ['without the identity', { MCPKEY_AGE_IDENTITY: '' }, 7],
    ['with a wrong password', { MCPKEY_PASSWORD: 'not-the-one' }, 3],
    ['where the service is away', {}, 9],
  ])('ends as the page says %s', async (what, change, code) => {
    const env = await github();
    await shell(step('First key'), env);
    await makeOld(join(work, '.mcpkey/data/ledger'));
    const away = { match: /api\//, times: Number.POSITIVE_INFINITY, action: { kind: 'answer', status: 503 } } as const;
    if (what === 'where the service is away') sandbox.fault('stock-data', away);
    await shell(step('Rotate'), { ...env, ...change }, code);
    expect(living()).toHaveLength(1);
  });

  it('logs in by the identity of the job', async () => {
    const runner = await startRunner();
    const job = { ACTIONS_ID_TOKEN_REQUEST_URL: runner.requestUrl, ACTIONS_ID_TOKEN_REQUEST_TOKEN: runner.permit };
    const env = { ...bare(), ...job, MCPKEY_STORE: 'age', MCPKEY_AGE_IDENTITY: await identity() };
    await shell(only('GitHub Actions', 'sh'), env);
    expect(runner.audiences).toEqual(['https://gateway.apexmcp.ai']);
    runner.close();
  });
});

describe('GitLab CI', () => {
  const yaml = () => only('GitLab CI', 'yaml');
  const gitlab = async (): Promise<Record<string, string>> => {
    const fill = (name: string) => (name === 'CI_PROJECT_DIR' ? work : `unknown: ${name}`);
    const secrets = { MCPKEY_AGE_IDENTITY: await identity(), GITLAB_TOKEN: 'a-made-up-token' };
    return {
      ...bare(),
      CI: 'true',
      GITLAB_CI: 'true',
      ...secrets,
      ...login(),
      ...service(),
      ...settingsOf(yaml(), fill),
    };
  };

  it('makes the first key, replaces it when it is due, and says where state is lost', async () => {
    const jobs = gitlabJobs(yaml());
    const job = (name: string) => `${jobs.get('.mcpkey')}${jobs.get(name)}`;
    const recipe = { first: job('first-key'), rotate: job('rotate-keys'), push: 'glab variable update STOCK_API_KEY' };
    await nights({ ...recipe, env: await gitlab() }, { state: join(work, '.mcpkey'), lost: true });
  });

  it('logs in by the identity of the job', async () => {
    const runner: Runner = await startRunner();
    const asked = await fetch(`${runner.requestUrl}&audience=https://gateway.apexmcp.ai`, {
      headers: { authorization: `Bearer ${runner.permit}` },
    });
    const { value } = z.object({ value: z.string() }).parse(await asked.json());
    runner.close();
    const { stdout } = await shell(only('GitLab CI', 'sh'), { ...(await gitlab()), MCP_TOKEN: value });
    expect(stdout).toContain('Logged in to apexmcp as repo:ann/shop');
  });
});

describe('cron', () => {
  it('replaces the key when it is due, with nothing but what the crontab says', async () => {
    const [settings = '', entry = ''] = only('cron', 'cron').split('\n');
    const [, path = ''] = /^PATH=(.*)$/.exec(settings) ?? [];
    const command = entry.replace(/^\S+ \S+ \S+ \S+ \S+ /, '');
    const lines = Object.entries(login()).map(([name, value]) => `${name}='${value}'\n`);
    await machine.home.write('.config/mcpkey/login.env', lines.join(''));
    const env = { PATH: `${bin}:${path}`, HOME: machine.home.dir, LOGNAME: 'ann', SHELL: '/bin/sh' };
    const first = only('cron', 'sh');
    await shell(first, { ...env, ...service(), ...login() });
    const old = liveSecret();
    await shell(command, env);
    expect(liveSecret()).toBe(old);
    await makeOld(join(machine.home.dir, '.local/share/mcpkey/ledger'));
    await shell(command, env);
    expect(living()).toHaveLength(1);
    expect(liveSecret()).not.toBe(old);
    expect(await machine.home.read('mcpkey-rotate.log')).toContain('"state":"done"');
    expect(await machine.filesWith(liveSecret())).toEqual([]);
  });
});

describe('systemd', () => {
  it('installs a person’s own timer, and shows it', async () => {
    const [own = ''] = under('systemd', 'sh');
    const { stdout } = await shell(own, { ...bare(), ...machine.home.env, PATH: bare().PATH });
    expect(stdout).toMatch(/✓ mcpkey-rotate-\w+: at 03:17/);
    expect((await readdir(join(machine.home.dir, '.config/systemd/user'))).length).toBe(2);
  });

  it('replaces a server’s keys when they are due', async () => {
    const [unit = '', timer = ''] = under('systemd', 'ini');
    const [, server = ''] = under('systemd', 'sh');
    const state = join(machine.home.root, 'var');
    const here = (text: string) =>
      text.replaceAll('/etc/mcpkey', machine.home.root).replaceAll('/var/lib/mcpkey', state);
    const given = { MCPKEY_HOME: state, MCPKEY_STORE: 'age', ...login() };
    const lines = Object.entries(given).map(([name, value]) => `${name}='${value}'\n`);
    await machine.home.write(join(machine.home.root, 'env'), lines.join(''));
    const [, start = ''] = /^ExecStart=(.*)$/m.exec(unit) ?? [];
    expect(unit).toContain('EnvironmentFile=/etc/mcpkey/env\n');
    expect(timer).toMatch(/^OnCalendar=/m);
    const night = { PATH: bare().PATH, HOME: '/', ...given };
    await nights({ first: here(server), rotate: start, env: { ...night, ...service() } }, { state, lost: false });
    expect((await stat(join(state, 'config/age-identity'))).mode & 0o777).toBe(0o600);
  });
});

it('hands every new key on with --on-rotated', async () => {
  const store = { MCPKEY_STORE: 'age', MCPKEY_AGE_IDENTITY: await identity(), MCPKEY_HOME: machine.home.mcpkey };
  const env = { ...bare(), ...store, ...login(), ...service() };
  await shell(
    'mcpkey profile add stock-data -p stock --url "$STOCK_URL" --mcp-url "$STOCK_MCP_URL"; mcpkey create ci',
    env,
  );
  await makeOld(join(machine.home.mcpkey, 'data/ledger'));
  const { stdout } = await shell(only('Handing new keys on', 'sh'), env);
  expect(rotated(stdout)).toEqual(['stock/ci done']);
  expect(await pushed()).toEqual([`gh secret set STOCK_CI = ${liveSecret()}`]);
});

it('runs every block of the page', () => {
  expect(blocks.filter((block) => !seen.has(block)).map(({ heading, language }) => `${heading}: ${language}`)).toEqual(
    [],
  );
});
