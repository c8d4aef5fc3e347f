import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readEntry, useEntry } from '../../scripts/stage/client.mjs';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import { CHANGES, KEY, PROFILE, REVOKED, SETUP, VERIFY } from './documents.ts';
import { createMachine, type Machine } from './machine.ts';

const CALL = { name: 'echo', arguments: { text: 'hello' } };

let sandbox: Sandbox;
let machine: Machine;
beforeEach(async () => {
  sandbox = await startSandbox({ services: ['generic'] });
  machine = await createMachine();
});
afterEach(() => sandbox.close());

const makeKey = () => sandbox.service('generic').dashboard.create({ name: 'k' });

describe('generic', () => {
  it('is set up from the URL of an endpoint alone, and a second time changes nothing', async () => {
    const { mcpUrl } = sandbox.service('generic');
    const { secret } = makeKey();
    const setup = ['setup', mcpUrl, '--place', 'cursor', '--place', 'claude-code', '--stdin'];
    const [done] = await machine.json(SETUP, setup, { input: secret });
    expect(done).toMatchObject({ state: 'ready', error: null });
    expect(done?.placements.map(({ client }) => client).sort()).toEqual(['claude-code', 'cursor']);
    for (const { path } of done?.placements ?? []) {
      await useEntry(await readEntry(path, done?.server ?? ''), { home: machine.home.dir, call: CALL });
    }
    const files = [await machine.home.read('.cursor/mcp.json'), await machine.home.read('.claude.json')];
    expect(await machine.json(SETUP, setup, { input: secret })).toMatchObject([{ state: 'ready', key: done?.key }]);
    expect([await machine.home.read('.cursor/mcp.json'), await machine.home.read('.claude.json')]).toEqual(files);
    expect(await machine.filesWith(secret)).toEqual([]);
  });

  it('sends the key in the header that the profile names', async () => {
    const url = sandbox.service('generic').urlFor('X-Acme-Key');
    const { secret, id } = makeKey();
    const added = await machine.json(z.array(PROFILE), [
      'profile',
      'add',
      'generic',
      '--mcp-url',
      url,
      '--header',
      'X-Acme-Key',
    ]);
    expect(added).toMatchObject([{ provider: 'generic', mcpUrl: url, default: true }]);
    await machine.json(KEY, ['import', 'mine', '--stdin'], { input: secret });
    expect(await machine.json(VERIFY, ['verify', 'mine'])).toMatchObject({ ok: true, server: { name: 'acme' } });
    sandbox.service('generic').dashboard.revoke(id);
    expect(await machine.json(REVOKED, ['revoke', 'mine', '--yes'])).toMatchObject([{ state: 'revoked' }]);
  });

  it('starts a local server with the key in its variable, and the config holds none', async () => {
    const { local } = sandbox.service('generic');
    const { secret } = makeKey();
    const command = ['--command', local.command.join(' '), '--env', local.variable];
    await machine.json(z.array(PROFILE), ['profile', 'add', 'generic', '-p', 'acme', ...command]);
    await machine.json(KEY, ['import', 'mine', '--stdin', '-p', 'acme'], { input: secret });
    expect(await machine.json(VERIFY, ['verify', 'acme'])).toMatchObject({
      ok: true,
      status: null,
      server: { name: 'acme-local' },
    });
    const changes = await machine.json(CHANGES, ['place', 'acme', 'claude-desktop', 'cursor']);
    expect(changes.map(({ mode }) => mode)).toEqual(['wrap', 'wrap']);
    for (const { path, server } of changes) {
      const used = await useEntry(await readEntry(path, server), { home: machine.home.dir, call: CALL });
      expect(used.server?.name).toBe('acme-local');
    }
    expect(await machine.filesWith(secret)).toEqual([]);
  });
});
