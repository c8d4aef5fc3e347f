/** What becomes of a server's entry, by the way in which it gets its keys. */
import { describe, expect, it, test } from 'vitest';
import { findAdoption, previewAdoption } from '../../src/adopt/adopt.ts';
import { createPlacingMachine } from '../placement/machine.ts';

/** Made up, and put together here so that no scanner takes it for a real one. */
const value = (tail: string) => ['made', 'up', 'a1B2c3D4e5F6g7H8', tail].join('');

async function plan(entry: unknown, server = 'srv') {
  const machine = await createPlacingMachine();
  await machine.home.write('.cursor/mcp.json', JSON.stringify({ mcpServers: { [server]: entry } }));
  const { plan: found } = await findAdoption(machine.context);
  const [first] = found.servers;
  return {
    left: found.left.map(({ why }) => why),
    profiles: found.newProfiles,
    keys: first
      ? [first.key, ...first.further].map(({ profile, name, value: key }) => [`${profile.name}/${name}`, key.reveal()])
      : [],
  };
}

describe('a server', () => {
  it('in a container is called as the client calls it, and gets the variable handed on', async () => {
    const args = ['run', '-i', '--rm', '-e', `GITHUB_TOKEN=${value('1')}`, '-e', 'LOG=1', 'ghcr.io/acme/mcp'];
    const { profiles, keys } = await plan({ command: 'docker', args }, 'git hub/acme');
    expect(profiles).toEqual([
      {
        name: 'git-hub-acme',
        provider: 'generic',
        command: ['docker', 'run', '-i', '--rm', '-e', 'GITHUB_TOKEN', '-e', 'LOG=1', 'ghcr.io/acme/mcp'],
        variable: 'GITHUB_TOKEN',
      },
    ]);
    expect(keys).toEqual([['git-hub-acme/git-hub-acme', value('1')]]);
  });

  it('with its key in the path of the address stays, and its row says why', async () => {
    const entry = { url: `https://acme.example/${['sk', '-ant-', 'a1B2c3D4e5F6g7H8i9J0'].join('')}/mcp` };
    expect((await plan(entry)).left).toEqual([expect.stringContaining('in the path of the address')]);
    const machine = await createPlacingMachine();
    await machine.home.write('.cursor/mcp.json', JSON.stringify({ mcpServers: { srv: entry } }));
    const { report } = await previewAdoption(machine.context, await findAdoption(machine.context));
    expect(report.changes).toMatchObject([
      { server: 'srv', changed: false, reason: expect.stringContaining('in the path') },
    ]);
  });

  it.each([
    ['says so', { type: 'sse', url: 'https://acme.example/events' }],
    ['has such an address', { url: 'https://acme.example/v1/sse' }],
    ['is behind a bridge', { command: 'npx', args: ['-y', 'mcp-remote', 'https://acme.example/sse'] }],
  ])('that speaks SSE stays, where the entry %s', async (_how, entry) => {
    const key = { headers: { Authorization: `Bearer ${value('1')}` }, env: { AUTH_TOKEN: value('1') } };
    expect((await plan({ ...entry, ...key })).left).toEqual([expect.stringContaining('it is an SSE server')]);
  });

  it('with several keys has a profile for each, and each starts it with the others', async () => {
    const env = { ACME_ID_TOKEN: value('1'), ACME_SECRET: value('2'), ACME_REGION: 'eu' };
    const { profiles, keys } = await plan({ command: 'npx', args: ['-y', '@acme/mcp'], env });
    expect(keys).toEqual([
      ['acme-mcp/srv', value('1')],
      ['acme-mcp-acme-secret/srv', value('2')],
    ]);
    expect(profiles).toMatchObject([
      {
        variable: 'ACME_ID_TOKEN',
        keys: { ACME_SECRET: 'acme-mcp-acme-secret/srv' },
        variables: { ACME_REGION: 'eu' },
      },
      { variable: 'ACME_SECRET', keys: { ACME_ID_TOKEN: 'acme-mcp/srv' }, variables: { ACME_REGION: 'eu' } },
    ]);
  });

  it('behind mcp-remote is the server behind it, also where the header lies in a variable', async () => {
    const url = 'https://acme.example/mcp';
    for (const rest of [
      { args: ['-y', 'mcp-remote@latest', url, '--header', `X-API-Key: ${value('1')}`] },
      { args: ['mcp-remote', url, '--header', `X-API-Key:\${KEY}`], env: { KEY: value('1') } },
      { args: ['mcp-remote', url, `--header=X-API-Key:${value('1')}`] },
    ]) {
      const { profiles, keys, left } = await plan({ command: 'npx', ...rest });
      expect(left).toEqual([]);
      expect(profiles).toEqual([{ name: 'acme.example', provider: 'generic', mcpUrl: url, header: 'X-API-Key' }]);
      expect(keys).toEqual([['acme.example/srv', value('1')]]);
    }
  });

  it('with a scheme of its own, other headers, or the key in its address keeps all that', async () => {
    const { profiles } = await plan({
      url: `https://acme.example/mcp?tools=all&api_key=${value('1')}`,
      headers: { 'X-Workspace': 'shop' },
    });
    expect(profiles).toEqual([
      {
        name: 'acme.example',
        provider: 'generic',
        mcpUrl: 'https://acme.example/mcp?tools=all',
        query: 'api_key',
        headers: { 'X-Workspace': 'shop' },
      },
    ]);
    const basic = await plan({ url: 'https://acme.example/mcp', headers: { Authorization: `Basic ${value('1')}` } });
    expect(basic.profiles).toMatchObject([{ header: 'Authorization: Basic' }]);
  });

  it('whose variable holds more than the key gets all of it', async () => {
    const { keys, profiles } = await plan({
      command: 'npx',
      args: ['@acme/auth'],
      env: { AUTH_HEADER: `Bearer ${value('1')}` },
    });
    expect(keys).toEqual([['acme-auth/srv', `Bearer ${value('1')}`]]);
    expect(profiles).toMatchObject([{ keyPattern: '[\\s\\S]+' }]);
  });

  test.each([
    [
      'two headers with keys',
      { url: 'https://a.example', headers: { 'X-API-Key': value('1'), 'X-App-Token': value('2') } },
    ],
    ['a password in its address', { url: `https://ann:${value('1')}@a.example` }],
    ['no encryption', { url: 'http://a.example/mcp', headers: { 'X-API-Key': value('1') } }],
    ['a variable that is none', { command: 'npx', args: ['x'], env: { 'A-API-KEY': value('1') } }],
    ['neither address nor command', { headers: { 'X-API-Key': value('1') } }],
  ])('with %s stays as it is, with a reason', async (_what, entry) => {
    const { left, keys, profiles } = await plan(entry);
    expect(left).toEqual([expect.stringMatching(/\w+ \w+/)]);
    expect([keys, profiles]).toEqual([[], []]);
  });
});
