import { beforeAll, describe, expect, test } from 'vitest';
import { type Stocked, startStocked } from '../cli/stocked.ts';
import { createHome, type Home, mcpkey } from '../helpers/cli.ts';

let home: Home;
/** Its service is gone by now. */
let stocked: Stocked;
beforeAll(async () => {
  stocked = await startStocked();
  await stocked.machine.run(['place', 'stock/ci', 'cursor']);
  await stocked.close();
  home = await createHome();
  for (const name of ['stock', 'studio']) {
    const words = [
      'profile',
      'add',
      'stock-data',
      '-p',
      name,
      '--url',
      'http://127.0.0.1:9',
      '--mcp-url',
      'http://127.0.0.1:9/mcp',
    ];
    const { code, stderr } = await mcpkey(words, { home });
    if (code !== 0) throw new Error(stderr);
  }
});

/** The words offered, without what they mean. */
async function offered(at: Home, ...words: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await mcpkey(['__complete', '--', ...words], { home: at });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\t')[0] ?? '');
}

describe('what is offered', () => {
  test.each<[string[], string[]]>([
    [['cre'], ['create']],
    [['profile', 'us'], ['use']],
    [['help', 'profile', 'ad'], ['add']],
    [['help', 'unp'], ['unplace']],
    [['help', 'err'], ['errors']],
    [
      ['help', 'errors', 'store_'],
      ['store_unavailable', 'store_locked'],
    ],
    [['help', 'checks', 'store.r'], ['store.roundtrip']],
    [['help', 'errors', 'usage', ''], []],
    [['doctor', '--check', 'key.pr'], ['key.probe']],
    [['doctor', '--accept=key.pr'], ['--accept=key.probe']],
    [['doctor', '--accept', 'no.such', ''], []],
    [['doctor', '--check', 'key.age', ''], []],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish', 'powershell'],
    ],
    [
      ['profile', 'show', 'st'],
      ['stock', 'studio'],
    ],
    [['-p', 'stu'], ['studio']],
    [['--profile=stu'], ['--profile=studio']],
    [['list', '-p', 'stoc'], ['stock']],
    [['list', '--status', 'a'], ['active']],
    [['list', '--status=a'], ['--status=active']],
    [['list', '--all-p'], ['--all-profiles']],
    [['list', '--all-profiles', '--all-p'], []],
    [['-q', '--json', 'whoa'], ['whoami']],
    [['--store', 'a'], ['age']],
    [['place', 'x', 'cur'], ['cursor']],
    [['place', 'x', 'cursor', 'claude-c'], ['claude-code']],
    [['exec', 'x', '--', ''], [':files']],
    [['no-such', ''], []],
    [['show', 'x', ''], []],
  ])('behind %j: %j', async (words, found) => expect(await offered(home, ...words)).toEqual(found));

  test.each<[string[], string[]]>([
    [['--accept', 'profile.tls', 'st'], ['stock']],
    [['--accept=key.age', ''], ['stock/ci']],
    [['--accept', 'rotation.pending', ''], ['stock/ci']],
    [['--accept', 'client.http', ''], ['cursor']],
    [['--json', '--accept', 'placement.env', 'cur'], ['cursor']],
    [['--accept', 'store.available', 'ag'], ['age']],
    [['--accept', 'config.permissions', ''], ['mcpkey']],
  ])('doctor %j: the subjects that are on disk: %j', async (words, found) => {
    expect(await offered(stocked.machine.home, 'doctor', ...words)).toEqual(found);
  });

  test('commands come with what they do', async () => {
    const { stdout } = await mcpkey(['__complete', '--', 'verif'], { home });
    expect(stdout).toBe('verify\tCheck a key at its MCP endpoint\n');
  });

  test('a broken file of ours is not told in the middle of a line', async () => {
    const broken = await createHome();
    await broken.write(`${broken.mcpkey}/config/config.json`, '{');
    expect(await mcpkey(['__complete', '--', 'profile', 'show', ''], { home: broken })).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });
});
