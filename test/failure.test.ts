/** What a failure says: the page about it, and the report of a fault in mcpkey itself. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXIT_CODES } from '../src/errors.ts';
import { failureOf, type Stocked, startStocked } from './cli/stocked.ts';
import { mcpkey } from './helpers/cli.ts';

let stocked: Stocked;
/** A module that breaks the program where it prints data. */
let broken: Record<string, string>;
beforeAll(async () => {
  stocked = await startStocked();
  const module = await stocked.machine.home.write(
    'break.mjs',
    'process.stdout.write = (text) => { throw new TypeError("made up: cannot print " + text); };\n',
  );
  broken = { NODE_OPTIONS: `--import ${pathToFileURL(module).href}` };
});
afterAll(() => stocked.close());

const home = () => stocked.machine.home;
const reports = async () => {
  const folder = join(home().mcpkey, 'state');
  return (await readdir(folder)).filter((name) => name.startsWith('fault-')).map((name) => join(folder, name));
};
const STACK = /^ +at .*:\d+:\d+\)?$/m;

describe('a fault in mcpkey', () => {
  it('is told with a report that nobody else can read, without the secret, the home folder and what was typed', async () => {
    const { code, stderr } = await mcpkey(['get', 'stock/ci'], { home: home(), env: broken });
    const [report = 'none', more] = await reports();
    expect([code, more]).toEqual([1, undefined]);
    expect(stderr).toContain('A fault in mcpkey');
    expect(stderr).toContain(report);
    expect(stderr).not.toMatch(STACK);
    expect((await stat(report)).mode & 0o777).toBe(0o600);
    const text = await readFile(report, 'utf8');
    expect(text).toMatch(/^command {3}mcpkey get …$/m);
    expect(text).toMatch(/^TypeError: made up: cannot print \[secret\]/m);
    expect(text).toMatch(STACK);
    for (const hidden of [stocked.key.secret, home().dir, 'stock/ci']) expect(text + stderr).not.toContain(hidden);
  });

  it('shows where with --verbose, and keeps ten reports', async () => {
    const { stderr } = await mcpkey(['get', 'stock/ci', '-v'], { home: home(), env: broken });
    expect(stderr).toMatch(STACK);
    expect(stderr).not.toContain(stocked.key.secret);
    for (let count = 0; count < 10; count += 1) {
      await mcpkey(['list', '--local'], { home: home(), env: broken });
    }
    expect(await reports()).toHaveLength(10);
  });

  it('is told the same way where it happens in the middle of nothing', async () => {
    const module = await home().write(
      'late.mjs',
      `import { Socket } from 'node:net';
const { connect } = Socket.prototype;
Socket.prototype.connect = function (...to) {
  setImmediate(() => { throw new TypeError('made up, and late'); });
  return connect.apply(this, to);
};
`,
    );
    const fault = stocked.sandbox.fault('stock-data', { match: /\/api\//, times: 9, action: { kind: 'never' } });
    const env = { NODE_OPTIONS: `--import ${pathToFileURL(module).href}` };
    for (const [flag, stack] of [
      ['--quiet', false],
      ['--verbose', true],
    ] as const) {
      const { code, stderr } = await mcpkey(['list', flag], { home: home(), env });
      expect([code, stderr]).toEqual([1, expect.stringMatching(/made up, and late\n.*\n.*fault-.*\.txt$/m)]);
      expect(STACK.test(stderr)).toBe(stack);
    }
    fault.remove();
  });

  it('is one line of JSON with --json', async () => {
    const { stderr } = await mcpkey(['list', '--local', '--json'], { home: home(), env: broken });
    const { error } = JSON.parse(stderr);
    expect(error).toMatchObject({
      code: 'internal',
      hint: expect.stringContaining((await reports()).at(-1) ?? 'none'),
    });
  });
});

describe('the page of an error', () => {
  it('is named by the message', async () => {
    const { stderr } = await mcpkey(['show', 'nothing'], { home: home() });
    expect(stderr).toContain('mcpkey help errors not_found');
  });

  it.each(Object.entries(EXIT_CODES))('%s can be read offline', async (code, exit) => {
    const { stdout } = await mcpkey(['help', 'errors', code], { home: home() });
    expect(stdout).toMatch(new RegExp(`^${code} \\(exit code ${exit}\\)\n\n.+\n\nSeen when\n- .+`));
    expect(stdout).toMatch(/\nWhat to do\n- .+/);
    expect(await readFile(`docs/errors/${code}.md`, 'utf8')).toContain(`# ${code}\n`);
  });
});

describe('an error names its provider', () => {
  it.each([
    [['verify', 'stock/nothing'], 'not_found'],
    [['get', 'stock/nothing'], 'not_found'],
    [['show', '-p', 'stock', 'nothing'], 'not_found'],
  ])('%j', async (args, code) => {
    expect(await failureOf(stocked.machine, args)).toMatchObject({ code, provider: 'stock-data' });
  });

  it('verify, where nobody listens', async () => {
    await stocked.machine.run(['profile', 'add', 'generic', '-p', 'nobody', '--mcp-url', 'http://127.0.0.1:9/mcp']);
    const input = ['made', 'up', 'key', 'value'].join('-');
    const failed = await failureOf(stocked.machine, ['import', 'one', '-p', 'nobody', '--stdin'], { input });
    expect(failed).toMatchObject({ code: 'unreachable', provider: 'generic' });
  });
});
