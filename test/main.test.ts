import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { version } from '../package.json';
import { createHome, type Home, mcpkey, program, spawnMcpkey } from './helpers/cli.ts';

let home: Home;
beforeAll(async () => {
  home = await createHome();
});

describe('pages', () => {
  test('--version prints the version alone', async () => {
    expect(await mcpkey(['--version'], { home })).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
    expect((await mcpkey(['--json', '--version'], { home })).stdout).toBe(`{"version":"${version}"}\n`);
  });

  test.each([[[]], [['--help']], [['help']], [['-h']]])('mcpkey %j lists the commands', async (words) => {
    const { code, stdout, stderr } = await mcpkey(words, { home });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^ {2}setup .+\n {2}login /m);
    expect(stdout).not.toContain('__complete');
  });

  test.each([[['help', 'profile', 'add']], [['profile', 'add', '--help']], [['profile', '-h', 'add']]])(
    'mcpkey %j explains one command',
    async (words) => {
      const { code, stdout } = await mcpkey(words, { home });
      expect(code).toBe(0);
      expect(stdout).toMatch(/^usage: mcpkey profile add PROVIDER/m);
      expect(stdout).toMatch(/^Examples\n {2}mcpkey profile add/m);
    },
  );

  test('lines of help fit a terminal of 80 columns', async () => {
    const { stdout } = await mcpkey(['--help'], { home });
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test('help errors CODE says what it means', async () => {
    expect((await mcpkey(['help', 'errors'], { home })).stdout).toMatch(/^ {3}6 {2}rate_limited$/m);
    expect((await mcpkey(['help', 'errors', 'store_locked'], { home })).stdout).toMatch(/exit code 7/);
    expect(await mcpkey(['help', 'errors', 'store_lock'], { home })).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('Did you mean "store_locked"?'),
    });
  });
});

describe('a command line that is wrong', () => {
  test.each([
    [['lst'], 'There is no command "mcpkey lst". Did you mean "list"?'],
    [['profile', 'ad'], 'There is no command "mcpkey profile ad". Did you mean "add"?'],
    [['profile'], 'mcpkey profile needs one of: add, list, use, show, set, remove.'],
    [['help', 'plase'], 'Did you mean "place"?'],
    [['help', 'erors'], 'Did you mean "errors"?'],
    [['help', 'profile', 'ad'], 'Did you mean "add"?'],
    [['rotate', '--all', '--order', 'create-frist'], 'Did you mean "create-first"?'],
    [['--jsn'], 'There is no option --jsn. Did you mean "--json"?'],
    [['list', '--all-profile'], 'There is no option --all-profile. Did you mean "--all-profiles"?'],
    [['show'], 'KEY is missing'],
    [['show', 'a', 'b'], 'Too many arguments: the command takes KEY.'],
    [['list', '--match'], '--match needs a value.'],
    [['list', '-p'], '--profile needs a value.'],
    [['list', '-p', '--json'], '--profile needs a value.'],
    [['list', '-p', ''], '--profile needs a value.'],
    [['list', '--local=yes'], '--local takes no value.'],
    [['--json=yes', 'list'], '--json takes no value.'],
    [['list', '--timeout', 'soon'], '"soon" is no duration for --timeout.'],
    [['list', '--max-wait', '5'], '"5" is no duration for --max-wait.'],
    [['completion', 'bahs'], 'Did you mean "bash"?'],
    [['constructor'], 'There is no command "mcpkey constructor".'],
  ])('mcpkey %j', async (words, says) => {
    const { code, stdout, stderr } = await mcpkey(words, { home });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    const told = stderr.startsWith('{') ? JSON.parse(stderr).error.message : stderr;
    expect(told).toContain(says);
  });

  test('with --json the error is one line of JSON on stderr', async () => {
    const { code, stdout, stderr } = await mcpkey(['lst', '--json'], { home });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(JSON.parse(stderr)).toEqual({
      error: {
        code: 'usage',
        message: 'There is no command "mcpkey lst". Did you mean "list"?',
        hint: 'mcpkey help lists what there is.',
        provider: null,
        status: null,
        retryAfter: null,
      },
    });
  });

  test('what may be a secret is not repeated', async () => {
    const typed = `typed-${'x'.repeat(12)}`;
    for (const words of [['show', 'a', typed], ['list', `--key=${typed}`], ['--token', typed], [`--json=${typed}`]]) {
      const { code, stdout, stderr } = await mcpkey(words, { home });
      expect(code).toBe(2);
      expect(stdout + stderr).not.toContain(typed);
    }
  });
});

test('options of every command stand before and behind the name', async () => {
  const forms = [
    ['--json', 'profile', 'list'],
    ['profile', '--json', 'list'],
    ['profile', 'list', '--json'],
    ['-q', '--store', 'age', 'profile', 'list', '--json'],
    ['--store=age', 'profile', '-qv', 'list', '--json'],
  ];
  for (const words of forms) {
    expect(await mcpkey(words, { home })).toMatchObject({ code: 0, stdout: '[]\n', stderr: '' });
  }
});

describe('faults of the machine', () => {
  test('a reader that goes away is no failure', async () => {
    const child = spawn(process.execPath, [program(), 'help'], { env: home.env, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    const [code] = await once(child, 'close');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('a full disk behind stdout is told', async () => {
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, [program(), '--version'], { env: home.env, stdio: ['ignore', full, 'pipe'] });
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    const [code] = await once(child, 'close');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: .*no space left on the disk/);
  });

  test('a folder where a file should be is the system’s no, not a fault of ours', async () => {
    const odd = await createHome();
    await mkdir(join(odd.mcpkey, 'config/config.json'), { recursive: true });
    const { code, stderr } = await mcpkey(['profile', 'list'], { home: odd });
    expect({ code, isFault: stderr.includes('A fault in mcpkey') }).toEqual({ code: 1, isFault: false });
  });
});

describe('signals', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends a command that waits for a service', async (signal) => {
    const { running, server } = await waiting();
    running.kill(signal);
    expect(await running.finished).toMatchObject({ code: 130, stdout: '', stderr: 'interrupted\n' });
    server.close();
  });

  test('with --json it is an error document', async () => {
    const { running, server } = await waiting('--json');
    running.kill('SIGINT');
    const { code, stderr } = await running.finished;
    expect(code).toBe(130);
    expect(JSON.parse(stderr).error.code).toBe('interrupted');
    server.close();
  });

  /** A list that waits for a service which never answers. */
  async function waiting(...options: string[]) {
    const own = await createHome({ MCPKEY_TOKEN: ['made', 'up', 'token'].join('-') });
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    const added = await mcpkey(['profile', 'add', 'stock-data', '--url', url, '--mcp-url', `${url}/mcp`], {
      home: own,
    });
    expect(added).toMatchObject({ code: 0 });
    const asked = once(server, 'request');
    const running = spawnMcpkey(['list', ...options], { home: own });
    await asked;
    return { running, server };
  }
});
