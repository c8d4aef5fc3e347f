import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readEntry, useEntry } from '../../scripts/stage/client.mjs';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import { CHANGES, KEY, PROFILE, REVOKED, VERIFY } from './documents.ts';
import { webLogin } from './logins.ts';
import { createMachine, type Machine } from './machine.ts';

const CALL = { name: 'get_portfolio', arguments: {} };

let sandbox: Sandbox;
let machine: Machine;
beforeEach(async () => {
  sandbox = await startSandbox({ services: ['investra'] });
  machine = await createMachine();
  const { mcpUrl } = sandbox.service('investra');
  await machine.json(z.array(PROFILE), ['profile', 'add', 'investra', '--mcp-url', mcpUrl]);
});
afterEach(() => sandbox.close());

describe('investra', () => {
  it('takes the key made by hand, uses it, and sees it refused in the end', async () => {
    const { dashboard } = sandbox.service('investra');
    const { secret, id } = dashboard.create({ name: 'mine' });
    const made = await machine.json(KEY, ['create', 'mine', '--stdin'], { input: secret });
    expect(made).toMatchObject({ ref: 'investra/mine', stored: true, scopes: [] });
    expect(await machine.json(VERIFY, ['verify', 'investra'])).toMatchObject({
      ok: true,
      server: { name: 'investra' },
    });
    const [change] = await machine.json(CHANGES, ['place', 'mine', 'claude-code']);
    await useEntry(await readEntry(change?.path ?? '', 'investra'), { home: machine.home.dir, call: CALL });
    dashboard.revoke(id);
    expect(await machine.json(REVOKED, ['revoke', 'mine', '--yes'])).toMatchObject([{ state: 'revoked' }]);
    expect(await machine.home.read('.claude.json').catch(() => '')).not.toContain('investra');
  });

  it('logs in by the browser, and the login itself is a key', async () => {
    expect(await webLogin(machine, sandbox, ['login', 'investra'])).toMatchObject({ method: 'web', loggedIn: true });
    expect(await machine.json(VERIFY, ['verify', 'investra/@login'])).toMatchObject({ ok: true });
    const [change] = await machine.json(CHANGES, ['place', 'investra/@login', 'cursor']);
    await useEntry(await readEntry(change?.path ?? '', 'investra'), { home: machine.home.dir, call: CALL });
  });

  it('knows no scopes', async () => {
    expect(await machine.fails(['create', 'x', '--scope', 'read'])).toMatchObject({ code: 'usage', exit: 2 });
  });
});
