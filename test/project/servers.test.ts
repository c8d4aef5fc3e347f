import { beforeEach, describe, expect, it } from 'vitest';
import { checkProject as parseProject } from '../../src/project/schema.ts';
import { newOrigins, planProject } from '../../src/project/up.ts';
import { createPlacingMachine, type PlacingMachine } from '../placement/machine.ts';

let machine: PlacingMachine;
beforeEach(async () => {
  machine = await createPlacingMachine();
});

/** What the servers mean on this machine: each by its profile and key, or its error's code. */
async function plan(servers: Record<string, object>) {
  const dir = machine.home.dir;
  const file = parseProject({ name: 'shop', servers }, 'mcpkey.json');
  const candidates = await planProject(await machine.fresh(), { dir, path: `${dir}/mcpkey.json`, name: 'shop', file });
  const rows = candidates.map(({ wanted, error }) => error?.code ?? `${wanted?.profile.name}/${wanted?.keyName}`);
  return { rows, origins: newOrigins(candidates), candidates };
}
const generic = (path: string, more: object = {}) => ({
  provider: 'generic',
  mcpUrl: `https://acme.example/${path}`,
  ...more,
});

describe('a server of a project', () => {
  it('has a profile of its own for each address, and names a host that is new here once', async () => {
    const { rows, origins } = await plan({ a: generic('a'), b: generic('b'), again: generic('a') });
    expect(rows).toEqual(['acme.example/ann-laptop', 'acme.example-2/ann-laptop', 'acme.example/ann-laptop']);
    expect(origins).toEqual(['https://acme.example']);
  });

  it('takes the profile that is here for that address, whatever it is called, and asks about no host', async () => {
    await machine.context.profiles.save({ name: 'mine', provider: 'generic', mcpUrl: 'https://acme.example/a' });
    const { rows, origins } = await plan({ a: generic('a'), b: generic('b') });
    expect(rows).toEqual(['mine/ann-laptop', 'acme.example/ann-laptop']);
    expect(origins).toEqual([]);
  });

  it('that names no address goes to the one that the person has', async () => {
    const mcpUrl = 'https://own.example/mcp';
    await machine.context.profiles.save({ name: 'ai2fin', provider: 'ai2fin', url: 'https://own.example', mcpUrl });
    const { rows, candidates, origins } = await plan({ money: { provider: 'ai2fin' } });
    expect(rows).toEqual(['ai2fin/ann-laptop']);
    expect(candidates[0]?.wanted?.provider.settings.mcpUrl).toBe(mcpUrl);
    expect(origins).toEqual([]);
  });

  it.each([
    ['another header', generic('a', { header: 'X-Other' })],
    ['another address under its name', generic('b', { profile: 'mine' })],
    ['another service under its name', { provider: 'investra', profile: 'mine' }],
  ])('cannot give a profile that is here %s', async (_what, server) => {
    await machine.context.profiles.save({ name: 'mine', provider: 'generic', mcpUrl: 'https://acme.example/a' });
    expect((await plan({ a: server })).rows).toEqual(['conflict']);
  });

  it('is reached over plain http where a profile of that name and host may be, and nowhere else', async () => {
    const at = (path: string, more: object = {}) => ({
      provider: 'generic',
      mcpUrl: `http://tools.example/${path}`,
      ...more,
    });
    const { candidates } = await plan({ a: at('a') });
    expect(candidates[0]?.error).toMatchObject({
      code: 'usage',
      message: expect.stringContaining('"mcpUrl"'),
      hint: expect.stringMatching(
        /mcpkey profile add generic --mcp-url http:\/\/tools\.example\/a --allow-http {3}and then: mcpkey up$/,
      ),
    });
    const mcpUrl = 'http://tools.example/a';
    await machine.context.profiles.save({ name: 'tools', provider: 'generic', mcpUrl, allowHttp: true });
    expect((await plan({ a: at('a'), named: at('a', { profile: 'tools' }) })).rows).toEqual([
      'tools/ann-laptop',
      'tools/ann-laptop',
    ]);
    const others = {
      b: at('b'),
      named: at('a', { profile: 'mine' }),
      far: { ...at(''), mcpUrl: 'http://far.example/' },
    };
    expect((await plan(others)).rows).toEqual(['usage', 'usage', 'usage']);
  });

  it('names the fields of mcpkey.json where a value is wrong, not options that up has not', async () => {
    const { candidates } = await plan({
      a: generic('a', { header: 'not a header' }),
      b: { provider: 'generic' },
      c: generic('c', { keyPattern: '(' }),
      d: generic('d', { scopes: ['read'] }),
      e: generic('e', { org: 'x' }),
    });
    const told = candidates.map(({ error }) => `${error?.message} ${error?.hint}`);
    expect(candidates.map(({ error }) => error?.code)).toEqual(['usage', 'usage', 'usage', 'usage', 'usage']);
    for (const line of told) expect(line).not.toMatch(/--[a-z]/);
    expect(told[0]).toContain('"header"');
    expect(told[1]).toContain('"mcpUrl"');
    expect(told[3]).toContain('"scopes"');
  });

  it('gets no key that has other scopes than it asks for, and widens none', async () => {
    await machine.context.profiles.save({
      name: 'ai2fin',
      provider: 'ai2fin',
      url: 'https://a.example',
      mcpUrl: 'https://a.example/mcp',
    });
    await machine.key({ name: 'ai2fin', provider: 'ai2fin' }, 'ann-laptop');
    const { ledger } = machine.context;
    const server = { provider: 'ai2fin', url: 'https://a.example', mcpUrl: 'https://a.example/mcp' };
    for (const [has, wants, row] of [
      [['mcp:read'], ['mcp:full'], 'conflict'],
      [['mcp:full'], ['mcp:read'], 'conflict'],
      [['mcp:read'], ['mcp:read'], 'ai2fin/ann-laptop'],
      [['mcp:full'], undefined, 'ai2fin/ann-laptop'],
    ] as const) {
      await ledger.update('ai2fin', 'ann-laptop', (record) => ({ ...record, scopes: has }));
      expect((await plan({ money: { ...server, ...(wants && { scopes: wants }) } })).rows).toEqual([row]);
    }
    const { candidates } = await plan({ money: { ...server, scopes: ['mcp:all'] } });
    expect(candidates[0]?.error).toMatchObject({ code: 'usage', message: expect.stringContaining('mcp:all') });
  });

  it('asks about every host that a provider would be sent to, but not about the provider’s own', async () => {
    const { origins } = await plan({ a: { provider: 'ai2fin' } });
    const elsewhere = await plan({ a: { provider: 'ai2fin', mcpUrl: 'https://evil.example/mcp' } });
    expect(origins).toEqual([]);
    expect(elsewhere.origins).toContain('https://evil.example');
  });
});
