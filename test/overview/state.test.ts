import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHome, type Home, mcpkey } from '../helpers/cli.ts';
import { CTRL_C, terminal } from '../helpers/terminal.ts';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ services: ['stock-data'] });
});
afterAll(() => sandbox.close());

async function screen(home: Home, columns?: number): Promise<string> {
  const shown = terminal([], { home, ...(columns && { columns }) });
  expect(await shown.ended).toBe(0);
  return lastDrawing(shown.raw);
}

/** What stands on the screen in the end, without styles. */
const lastDrawing = (raw: string): string =>
  (raw.split('\u001b[J').at(-1) ?? '').replace(/\u001b\[[0-9;?]*[a-zA-Z]|\r/g, '');

async function prepared(): Promise<Home> {
  const { url, mcpUrl } = sandbox.service('stock-data');
  const home = await createHome({ MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: sandbox.person.password });
  for (const words of [
    ['login', 'stock-data', '--url', url, '--mcp-url', mcpUrl, '--password'],
    ['create', 'ci', '--expires', '5d', '--place', 'cursor'],
  ]) {
    const { code, stderr } = await mcpkey(words, { home });
    expect(code, stderr).toBe(0);
  }
  return home;
}

test('on a fresh machine it says how to begin', async () => {
  const text = await screen(await createHome());
  expect(text).toContain('No MCP client on this machine has a server yet.');
  expect(text).toMatch(/Next: mcpkey setup PROVIDER\|URL/);
});

describe('with a key placed', () => {
  let home: Home;
  beforeAll(async () => {
    home = await prepared();
  });

  test('it shows the server, its key, where that lies, and that it answers', async () => {
    const text = await screen(home);
    expect(text).toMatch(/^Cursor +stock-data +stock-data\/ci +age +yes$/m);
    expect(text).toContain('Ends: stock-data/ci, in 5 days');
  });

  test('no line is wider than the terminal', async () => {
    const table = (await screen(home, 50)).split('\n').slice(0, 2);
    for (const line of table) expect(line.length).toBeLessThanOrEqual(50);
  });

  test('in the home folder, where a client has one file for both, each server stands once', async () => {
    const text = await screen(home);
    expect(text.match(/^Cursor/gm)).toHaveLength(1);
    expect(text).not.toContain('(project)');
  });

  test('a key in clear is told with file and line, and never shown', async () => {
    const value = ['made', 'up', 'value', '123456789'].join('-');
    const path = await home.write(
      '.claude.json',
      `{\n  "mcpServers": {\n    "other": {\n      "command": "npx",\n      "env": { "OTHER_API_KEY": "${value}" }\n    }\n  }\n}\n`,
    );
    const text = await screen(home);
    expect(text).toContain(`In clear: the key of other, ${path}:5`);
    expect(text).not.toContain(value);
  });

  test('a service that refuses the key is told, with the command that says why', async () => {
    const fault = sandbox.fault('stock-data', {
      match: '/messages*',
      times: Number.POSITIVE_INFINITY,
      action: { kind: 'answer', status: 401, body: { detail: 'Invalid API key' } },
    });
    const text = await screen(home);
    fault.remove();
    expect(text).toMatch(/^Cursor +stock-data +stock-data\/ci +age +no$/m);
    expect(text).toContain('Next: mcpkey verify stock-data/ci');
  });

  test('what is on disk stands there before the first answer, and is completed in place', async () => {
    const fault = sandbox.fault('stock-data', {
      match: '/messages*',
      times: Number.POSITIVE_INFINITY,
      action: { kind: 'never' },
    });
    const shown = terminal([], { home });
    await shown.shows(/^Cursor +stock-data +stock-data\/ci +age +…$/m);
    expect(shown.text).toContain('Next: …');
    expect(await shown.ended).toBe(0);
    fault.remove();
    const last = lastDrawing(shown.raw);
    expect(last).toMatch(/^Cursor +stock-data +stock-data\/ci +age +no$/m);
    expect(last).toContain('stock-data: No answer within 3 s.');
    expect(last).not.toContain('…');
  });

  test('Ctrl-C ends it while it waits', async () => {
    const fault = sandbox.fault('stock-data', {
      match: '/messages*',
      times: Number.POSITIVE_INFINITY,
      action: { kind: 'never' },
    });
    const shown = terminal([], { home });
    await shown.shows(/…$/m);
    shown.type(CTRL_C);
    expect(await shown.ended).toBe(130);
    fault.remove();
  });

  test('a terminal that cannot move its cursor gets one drawing', async () => {
    const dumb = terminal([], { home: { ...home, env: { ...home.env, TERM: 'dumb' } } });
    expect(await dumb.ended).toBe(0);
    expect(dumb.text.match(/^CLIENT/gm)).toHaveLength(1);
  });

  test('a file that does not parse is told with line and column', async () => {
    const path = await home.write('.claude.json', '{\n  "mcpServers": {,\n}\n');
    const text = await screen(home);
    expect(text).toContain(`Broken: ${path}`);
    expect(text).toMatch(/line 2|:2:/);
  });
});

test('elsewhere than on a terminal it is the help', async () => {
  expect((await mcpkey([], { home: await createHome() })).stdout).toContain('usage: mcpkey COMMAND');
});
