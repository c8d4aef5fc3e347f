/** Claude Code itself, offline: what it says of the servers that mcpkey placed, in each scope and mode. */
import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createMachine, type Machine } from '../../cli/machine.ts';
import { type Sandbox, startSandbox } from '../../sandbox/index.ts';
import { globalMcpkey, realProgram, runProgram } from './programs.ts';

const SCOPES = ['user', 'local', 'project'] as const;
const MODES = ['proxy', 'helper', 'env', 'plain'] as const;
const CONNECTED = '✔ Connected';

const claude = await realProgram('claude-code');

let sandbox: Sandbox;
let machine: Machine;
/** The folder of a project, under git, in which everything runs. */
let project: string;
/** What was listed so far: no key may stand in it. */
let listed: string;

beforeEach(async () => {
  sandbox = await startSandbox({ services: ['stock-data', 'generic'] });
  machine = await createMachine();
  project = join(machine.home.dir, 'shop');
  await mkdir(project);
  execFileSync('git', ['init', '--quiet', project]);
  listed = '';
});
afterEach(async () => {
  const secrets = [...sandbox.keys('stock-data'), ...sandbox.keys('generic')].map(({ secret }) => secret);
  await sandbox.close();
  expect(secrets.filter((secret) => listed.includes(secret))).toEqual([]);
});

/** What `claude mcp list` says of each server in the project's folder; its exit code is 0 whatever it found. */
async function list(env: Record<string, string> = {}): Promise<Record<string, string>> {
  const path = [claude ?? '', await globalMcpkey(machine.home), machine.home.env.PATH].join(delimiter);
  const { stdout, stderr } = await runProgram('claude', ['mcp', 'list'], {
    cwd: project,
    env: { ...machine.home.env, PATH: path, NO_COLOR: '1', ...env },
  });
  listed += stdout + stderr;
  const lines = [...stdout.matchAll(/^([\w-]+): .* - (.+)$/gm)];
  return Object.fromEntries(lines.map(([, name = '', status = '']) => [name, status]));
}

const place = (ref: string, ...options: string[]) =>
  machine.run(['place', ref, 'claude-code', ...options], { cwd: project });

/** The person accepts the trust dialog of the project's folder, and these servers of its `.mcp.json`. */
async function trust(servers: readonly string[]): Promise<void> {
  const state = STATE.parse(JSON.parse(await machine.home.read('.claude.json').catch(() => '{}')));
  const own = { ...state.projects?.[project], hasTrustDialogAccepted: true, enabledMcpjsonServers: servers };
  const projects = { ...state.projects, [project]: own };
  await machine.home.write('.claude.json', JSON.stringify({ ...state, projects }));
}
const STATE = z.looseObject({ projects: z.record(z.string(), z.looseObject({})).optional() });

async function stockKey(): Promise<string> {
  const { url, mcpUrl } = sandbox.service('stock-data');
  const env = { MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: sandbox.person.password };
  await machine.run(['login', 'stock-data', '-p', 'stock', '--password', '--url', url, '--mcp-url', mcpUrl], { env });
  await machine.run(['create', 'ci', '-p', 'stock']);
  return sandbox.keys('stock-data')[0]?.secret ?? '';
}

/** A key of a server that refuses whoever has none from the first request on. */
async function acmeKey(): Promise<{ id: string; secret: string }> {
  const { mcpUrl, dashboard } = sandbox.service('generic');
  const key = dashboard.create({ name: 'k' });
  await machine.run(['profile', 'add', 'generic', '-p', 'acme', '--mcp-url', mcpUrl]);
  await machine.run(['import', 'ci', '-p', 'acme', '--stdin'], { input: key.secret });
  return key;
}

const each = (status: unknown, modes: readonly string[] = MODES) =>
  Object.fromEntries(modes.map((mode) => [mode, status]));

describe.skipIf(claude === undefined)('Claude Code', () => {
  it.each(SCOPES)('connects from its %s scope in each mode, and says so when the key was revoked', async (scope) => {
    const secret = await stockKey();
    const env = { STOCK_API_KEY: secret };
    for (const mode of MODES) await place('stock/ci', '--scope', scope, '--mode', mode, '--name', mode);
    await trust(scope === 'project' ? MODES : []);
    expect(await list(env)).toEqual(each(CONNECTED));

    await machine.run(['revoke', 'stock/ci', '--yes', '--keep-placements']);
    const after = await list(env);
    expect(Object.keys(after).sort()).toEqual([...MODES].sort());
    expect(Object.values(after)).not.toContain(CONNECTED);
    expect(after.proxy).toMatch(/^✘ Failed to connect — .* was revoked\. \(mcpkey: mcpkey create ci -p stock\)$/);
  });

  it.each(SCOPES)('reports from its %s scope that the server refuses the key', async (scope) => {
    const { id } = await acmeKey();
    for (const mode of ['proxy', 'helper', 'plain'])
      await place('acme/ci', '--scope', scope, '--mode', mode, '--name', mode);
    await trust(scope === 'project' ? ['proxy', 'helper', 'plain'] : []);
    expect(await list()).toEqual(each(CONNECTED, ['proxy', 'helper', 'plain']));

    sandbox.service('generic').dashboard.revoke(id);
    expect(await list()).toEqual({
      proxy: expect.stringMatching(/^✘ Failed to connect — .*mcpkey/),
      helper: expect.stringMatching(/^✘ Failed to connect — .*headersHelper \(HTTP 401\)/),
      plain: expect.stringMatching(/^✘ Failed to connect — .*\(HTTP 401\)/),
    });
  });

  it('reports a server that is down', async () => {
    await acmeKey();
    for (const mode of ['proxy', 'plain']) await place('acme/ci', '--mode', mode, '--name', mode);
    await sandbox.service('generic').close();
    expect(await list()).toEqual(each(expect.stringMatching(/^✘ Failed to connect — /), ['proxy', 'plain']));
  });

  it('starts a project’s server only when the person approved it, which placing never does', async () => {
    const { secret } = await acmeKey();
    const { stderr } = await place('acme/ci', '--scope', 'project');
    expect(stderr).toContain('run claude there and approve it');
    expect(await list()).toEqual({ acme: '⏸ Pending approval (run `claude` to approve)' });
    await trust(['acme']);
    expect(await list()).toEqual({ acme: CONNECTED });
    expect(await machine.home.read('shop/.mcp.json')).not.toContain(machine.home.root);
    expect(await machine.filesWith(secret)).toEqual([]);
  });

  it('runs the helper of the local scope only in a folder that the person trusts, as place says', async () => {
    await acmeKey();
    const { stderr } = await place('acme/ci', '--scope', 'local', '--mode', 'helper');
    expect(stderr).toContain('only in a folder that you trust');
    expect(await list()).not.toEqual({ acme: CONNECTED });
    expect(listed).toContain('headersHelper not run');
    await trust([]);
    expect(await list()).toEqual({ acme: CONNECTED });
  });

  it('starts a local server with the key in its environment', async () => {
    const { local, dashboard } = sandbox.service('generic');
    const command = ['--command', local.command.join(' '), '--env', local.variable];
    await machine.run(['profile', 'add', 'generic', '-p', 'local', ...command]);
    const { secret } = dashboard.create({ name: 'k' });
    await machine.run(['import', 'ci', '-p', 'local', '--stdin'], { input: secret });
    await place('local/ci');
    expect(await list()).toEqual({ local: CONNECTED });
  });

  it('keeps its own state while servers come and go', async () => {
    await stockKey();
    await place('stock/ci');
    expect(await list()).toEqual({ stock: CONNECTED });
    const state = STATE.parse(JSON.parse(await machine.home.read('.claude.json')));
    expect(state).toHaveProperty('machineID');
    await machine.run(['revoke', 'stock/ci', '--yes']);
    expect(await list()).toEqual({});
    const { mcpServers: _, ...rest } = state;
    expect(JSON.parse(await machine.home.read('.claude.json'))).toEqual(rest);
  });
});
