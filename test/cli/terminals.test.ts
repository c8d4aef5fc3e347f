/** Terminals that are narrow or without colour, and streams that are closed, full, or left by their reader. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mcpkey, program } from '../helpers/cli.ts';
import { CTRL_C, ENTER, ESC, terminal } from '../helpers/terminal.ts';
import { KEY } from './documents.ts';
import { type Stocked, startStocked } from './stocked.ts';
import { tracesIn } from './traces.ts';

const run = promisify(execFile);
const COLOUR = /\u001b\[[0-9;]*m/;

let stocked: Stocked;
beforeAll(async () => {
  stocked = await startStocked();
  await stocked.machine.run(['profile', 'add', 'investra', '--url', 'http://127.0.0.1:1']);
});
afterAll(() => stocked.close());

const home = () => stocked.machine.home;
/** Words of a line of the shell that start the program. */
const start = () => `'${process.execPath}' '${program()}'`;

/** The lines of a table: the first ones, up to what is said below it. */
async function shown(args: readonly string[], columns: number): Promise<string[]> {
  const screen = terminal([...args, '--quiet'], { home: home(), columns });
  expect(await screen.ended, screen.text).toBe(0);
  return screen.text.split('\n').filter((line) => line !== '');
}

describe.each([40, 60])('a terminal of %i columns', (columns) => {
  it.each([
    ['list', ['list'], 'stock/ci'],
    ['list --local', ['list', '--local', '--all-profiles'], 'stock/ci'],
    ['clients', ['clients'], 'claude-code'],
    ['profile list', ['profile', 'list'], 'investra'],
    ['whoami', ['whoami'], 'stock'],
    ['store status', ['store', 'status'], 'keychain'],
    ['log', ['log'], 'login'],
    ['provider list', ['provider', 'list'], 'stock-data'],
  ] as const)('%s: no line is wider, and the name stands whole', async (_name, args, name) => {
    const lines = await shown(args, columns);
    expect(lines.filter((line) => line.length > columns)).toEqual([]);
    expect(lines.join('\n')).toContain(name);
  });
});

it('that does not know its size is taken for one of 80 columns', async () => {
  const screen = terminal([], { home: home(), columns: 0 });
  expect(await screen.ended, screen.text).toBe(0);
  expect(screen.raw).not.toContain('NaN');
  expect(await shown(['list'], 0)).toEqual(await shown(['list'], 80));
});

it('in a folder that is gone says so', async () => {
  const gone = join(home().dir, 'gone');
  const line = `mkdir '${gone}' && cd '${gone}' && rmdir '${gone}' && exec ${start()} list`;
  const { env } = home();
  await expect(run('sh', ['-c', line], { env: { ...process.env, ...env } })).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('The current folder is not there any more.'),
  });
});

describe('colour', () => {
  const raw = async (env: Record<string, string>, ...args: string[]) => {
    const screen = terminal(args, { home: { ...home(), env: { ...home().env, ...env } } });
    await screen.ended;
    return screen.raw;
  };
  it('stands on a terminal, and not with NO_COLOR or --no-color', async () => {
    expect(await raw({}, 'list', '--local')).toMatch(COLOUR);
    expect(await raw({ NO_COLOR: '1' }, 'list', '--local')).not.toMatch(COLOUR);
    expect(await raw({}, '--no-color', 'list', '--local')).not.toMatch(COLOUR);
    expect(await raw({}, 'show', 'nothing')).toMatch(COLOUR);
    expect(await raw({ NO_COLOR: '1' }, 'show', 'nothing')).not.toMatch(COLOUR);
  });

  it('stands in no pipe', async () => {
    for (const args of [['list', '--local'], ['clients'], ['show', 'nothing']]) {
      const { stdout, stderr } = await mcpkey(args, { home: home() });
      expect(stdout + stderr).not.toMatch(COLOUR);
    }
  });
});

it('log says when as people do, and exactly in a pipe', async () => {
  expect((await shown(['log'], 80)).at(1)).toMatch(/^(just now|\d+ min ago) /);
  const { stdout } = await mcpkey(['log'], { home: home() });
  expect(stdout.split('\n')[1]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ /);
});

describe('a question', () => {
  it.each([
    ['Ctrl-C', CTRL_C],
    ['Esc', ESC],
  ])('of yes or no is left by %s: nothing is revoked', async (_name, key) => {
    const before = await tracesIn(home().root);
    const asked = terminal(['revoke', 'stock/ci'], { home: home() });
    await asked.shows(/\(y\/N\)/);
    asked.type(key);
    expect(await asked.ended).toBe(130);
    expect(stocked.living()).toHaveLength(1);
    expect(await tracesIn(home().root)).toEqual(before);
  });
});

describe('setup on a terminal', () => {
  it.each([
    ['Ctrl-C', CTRL_C],
    ['Esc', ESC],
  ])('asks where to place the key; %s there leaves all as it was', async (_name, key) => {
    const before = await tracesIn(home().root);
    const asked = terminal(['setup', 'stock'], { home: home(), columns: 40 });
    await asked.shows(/Place the key into/);
    asked.type(key);
    expect(await asked.ended).toBe(130);
    expect(await tracesIn(home().root)).toEqual(before);
  });

  it('takes what was ticked, on a narrow one too', async () => {
    await home().write('.cursor/mcp.json', '{}');
    const asked = terminal(['setup', 'stock'], { home: home(), columns: 60 });
    await asked.shows(/Cursor/);
    asked.type(ENTER);
    expect(await asked.ended, asked.text).toBe(0);
    expect(asked.text).toContain('stock is ready');
    expect(await home().read('.cursor/mcp.json')).toContain('stock');
  });
});

describe('streams', () => {
  it.each([
    ['list', 0, ''],
    ['whoami --json', 0, ''],
    ['import next', 2, '--stdin'],
    ['import next --stdin', 2, 'Stdin is empty'],
    ['revoke stock/ci', 2, '--yes'],
    ['exec stock/ci -- true', 0, ''],
    ['proxy stock/ci', 0, ''],
  ])('stdin that is closed: mcpkey %s', async (line, code, says) => {
    const child = spawn('sh', ['-c', `exec ${start()} ${line} <&-`], { env: home().env, cwd: home().dir });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    const [exit] = await once(child, 'close');
    expect(exit, stderr).toBe(code);
    expect(stderr).toContain(says);
    expect(stderr).not.toContain('A fault in mcpkey');
  });

  it('a reader that takes one line of thousands is no failure', async () => {
    const key = KEY.parse(await stocked.machine.json(z.unknown(), ['show', 'stock/ci']));
    const folder = join(home().mcpkey, 'data/ledger/many');
    await mkdir(folder);
    const record = { ...key, profile: 'many', provider: 'generic', secret: null, origin: null, mark: null };
    const rest = { host: 'laptop', assisted: true, placements: [], previous: null };
    for (let number = 0; number < 3_000; number += 1) {
      const name = `key-${number}-${'n'.repeat(60)}`;
      await writeFile(
        join(folder, `key-${number}.json`),
        JSON.stringify({ ...record, ...rest, name, label: name, id: `${number}` }),
      );
    }
    await stocked.machine.run(['profile', 'add', 'generic', '-p', 'many', '--mcp-url', 'http://127.0.0.1:1/mcp']);
    for (const option of ['', '--json']) {
      const line = `${start()} list --local -p many ${option} | head -n 1; echo "\${PIPESTATUS[0]}" >&2`;
      const { stdout, stderr } = await run('bash', ['-c', line], { env: home().env });
      expect([stdout.split('\n').length, stderr]).toEqual([2, '0\n']);
    }
  });

  it('a full disk behind stdout is told, whatever is printed', async () => {
    for (const line of ['list --local', 'clients --json', 'help', 'log']) {
      const failed = run('bash', ['-c', `${start()} ${line} > /dev/full`], { env: home().env });
      await expect(failed, line).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('no space left') });
    }
  });
});
