import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readEntry, useEntry } from '../../scripts/stage/client.mjs';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import type { McpCloudOptions } from '../sandbox/mcp-cloud.ts';
import { CHANGES, KEY, PROFILE, REVOKED, VERIFY } from './documents.ts';
import { createMachine, type Machine } from './machine.ts';

const CALL = { name: 'list_models', arguments: {} };

let sandbox: Sandbox;
let machine: Machine;
beforeEach(async () => {
  machine = await createMachine();
});
afterEach(() => sandbox.close());

async function start(options: McpCloudOptions = {}, ...more: string[]) {
  sandbox = await startSandbox({ services: ['mcp-cloud'], mcpCloud: options });
  const { mcpUrl, dashboard } = sandbox.service('mcp-cloud');
  const [profile] = await machine.json(z.array(PROFILE), ['profile', 'add', 'mcp-cloud', '--mcp-url', mcpUrl, ...more]);
  expect(profile).toMatchObject({ profile: 'mcp-cloud', mcpUrl, default: true });
  return dashboard;
}

describe('mcp-cloud', () => {
  it('takes the key from stdin, and keeps what it was made with', async () => {
    const dashboard = await start();
    const made = dashboard.create({ name: 'ci', scopes: ['models:read'], allowedIps: ['127.0.0.1'] });
    const wishes = ['--scope', 'models:read', '--allow-ip', '127.0.0.1', '--metadata', 'environment=production'];
    const { stdout, stderr } = await machine.run(['create', 'ci', ...wishes, '--stdin', '--json'], {
      input: made.secret,
    });
    const key = KEY.parse(JSON.parse(stdout));
    expect(key).toMatchObject({
      ref: 'mcp-cloud/ci',
      id: `m_${createHash('sha256').update(made.secret).digest('hex').slice(0, 12)}`,
      scopes: ['models:read'],
      allowedIps: ['127.0.0.1'],
      metadata: { environment: 'production' },
      stored: true,
    });
    expect(`${stdout}${stderr}`).not.toContain(made.secret);
    expect(await machine.filesWith(made.secret)).toEqual([]);
    expect(await machine.json(z.array(KEY), ['list'])).toMatchObject([{ ref: 'mcp-cloud/ci', status: 'active' }]);
  });

  it('says what to enter in the dashboard, and needs stdin where nobody can be asked', async () => {
    await start();
    const { stderr } = await machine.run(['create', 'ci', '--scope', 'models:read', '--allow-ip', '10.0.0.0/8'], {
      code: 2,
    });
    for (const words of ['Create New API Key', 'models:read', '10.0.0.0/8', '--stdin']) expect(stderr).toContain(words);
  });

  it('imports, verifies, places, and is used by a client', async () => {
    const { secret } = (await start()).create({ name: 'default' });
    await machine.json(KEY, ['import', 'default', '--stdin'], { input: secret });
    expect(await machine.json(VERIFY, ['verify', 'mcp-cloud'])).toMatchObject({
      ok: true,
      server: { name: 'mcp-cloud-server' },
    });
    const changes = await machine.json(CHANGES, ['place', 'mcp-cloud', 'claude-code', 'claude-desktop', 'cursor']);
    for (const { path, server } of changes) {
      await useEntry(await readEntry(path, server), { home: machine.home.dir, call: CALL });
    }
  });

  it('refuses a key of another form, and one that the service does not know', async () => {
    await start();
    const wrong = await machine.fails(['import', 'x', '--stdin'], { input: 'sk-something' });
    expect(wrong).toMatchObject({ code: 'usage', exit: 2 });
    const unknown = `mcp_sk_${'a'.repeat(32)}`;
    expect(await machine.fails(['import', 'x', '--stdin'], { input: unknown })).toMatchObject({
      code: 'invalid_api_key',
      exit: 3,
    });
    expect(await machine.json(z.array(KEY), ['list'])).toEqual([]);
  });

  it('revokes with the person: still accepted is a failure, refused is done', async () => {
    const dashboard = await start();
    const { secret } = dashboard.create({ name: 'ci' });
    await machine.json(KEY, ['import', 'ci', '--stdin'], { input: secret });
    const still = await machine.run(['revoke', 'ci', '--yes', '--json'], { code: 1 });
    expect(REVOKED.parse(JSON.parse(still.stdout))).toMatchObject([
      { state: 'failed', error: { code: 'unsupported' } },
    ]);
    expect(still.stderr).toContain('Revoke Key');
    dashboard.revoke(secret);
    expect(await machine.json(REVOKED, ['revoke', 'ci', '--yes'])).toMatchObject([{ state: 'revoked' }]);
  });

  it('signs each request where the profile says so, and offers no form that cannot', async () => {
    const { secret } = (await start({ signing: true }, '--sign')).create({ name: 'ci' });
    await machine.json(KEY, ['import', 'ci', '--stdin'], { input: secret });
    expect(await machine.json(VERIFY, ['verify', 'ci'])).toMatchObject({ ok: true });
    const [change] = await machine.json(CHANGES, ['place', 'ci', 'cursor']);
    expect(change?.mode).toBe('proxy');
    await useEntry(await readEntry(change?.path ?? '', 'mcp-cloud'), { home: machine.home.dir, call: CALL });
    for (const mode of ['env', 'plain']) {
      expect(await machine.fails(['place', 'ci', 'cursor', '--mode', mode])).toMatchObject({
        code: 'unsupported',
        exit: 1,
      });
    }
    expect(await machine.fails(['headers', 'ci'])).toMatchObject({ code: 'unsupported', exit: 1 });
  });
});
