/** What a person is told to type next runs as it is printed, whatever the profile and the key are called. */
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/system/run.ts';
import { program } from '../helpers/cli.ts';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import { createMachine, type Machine } from './machine.ts';
import { failureOf } from './stocked.ts';

const PROFILE = "ann's stock";
const REF = `${PROFILE}/night job`;
const QUOTED = "'ann'\\''s stock'";

let sandbox: Sandbox;
let machine: Machine;
let env: Record<string, string>;
beforeAll(async () => {
  sandbox = await startSandbox({ services: ['stock-data'] });
  machine = await createMachine();
  const { url, mcpUrl } = sandbox.service('stock-data');
  const { email, password } = sandbox.person;
  env = { MCPKEY_EMAIL: email, MCPKEY_PASSWORD: password, MCPKEY_PROFILE: PROFILE };
  await machine.run(['profile', 'add', 'stock-data', '-p', PROFILE, '--url', url, '--mcp-url', mcpUrl]);
  await machine.run(['profile', 'add', 'generic', '-p', 'other', '--mcp-url', 'http://127.0.0.1:10000/mcp']);
  await machine.run(['create', 'night job', '-p', PROFILE], { env });
});
afterAll(() => sandbox.close());

/** A line as it was printed, in a shell that has mcpkey on PATH. */
async function shell(line: string) {
  const bin = join(machine.home.root, 'bin');
  await chmod(
    await machine.home.write(join(bin, 'mcpkey'), `#!/bin/sh\nexec '${process.execPath}' '${program()}' "$@"\n`),
    0o755,
  );
  const path = `${bin}:${machine.home.env.PATH}`;
  return run('sh', ['-c', line], { env: { ...machine.home.env, ...env, PATH: path }, timeout: 20_000 });
}

/** The command in a hint, without what is said around it. */
const commandIn = (hint: string | null): string => /mcpkey .*?(?=$|\n| {2,})/.exec(hint ?? '')?.[0] ?? '';

describe('names with blanks and quotes', () => {
  it.each([
    ['a name that is taken', ['create', 'night job', '-p', PROFILE], `mcpkey rotate ${QUOTED.slice(0, -1)}/night job'`],
    ['an unknown key', ['show', `${PROFILE}/x`], `mcpkey list -p ${QUOTED}`],
  ])('%s', async (_what, args, command) => {
    const { hint } = await failureOf(machine, args, { env });
    expect(commandIn(hint)).toBe(command);
    const ended = await shell(command);
    expect(ended.code, ended.stderr).toBe(0);
  });

  it('a key that the service refuses', async () => {
    for (const key of sandbox.keys('stock-data')) key.revoked = true;
    const { code, hint } = await failureOf(machine, ['verify', REF], { env });
    expect(code).toBe('invalid_api_key');
    expect(commandIn(hint)).toContain(QUOTED);
  });
});

describe('the profile that a probe was for is named, in use or not', () => {
  it.each([
    [
      'a redirect',
      { kind: 'redirect', to: 'https://elsewhere.example/' },
      'bad_response',
      /profile set 'ann'.* --mcp-url/,
    ],
    ['a web page', { kind: 'html' }, 'bad_response', /profile show 'ann'/],
    ['nobody there', { kind: 'reset' }, 'unreachable', /./],
  ] as const)('%s', async (_what, action, code, told) => {
    sandbox.fault('stock-data', { match: '/messages', times: Number.POSITIVE_INFINITY, action });
    const failure = await failureOf(machine, ['verify', REF, '--timeout', '2s'], {
      env: { ...env, MCPKEY_PROFILE: 'other' },
    });
    sandbox.clearFaults();
    expect(failure).toMatchObject({ code, hint: expect.stringMatching(told) });
    expect(failure.hint).not.toMatch(/PROFILE|KEY/);
  });
});

it('the key that was typed is named where a hint is about it', async () => {
  const none = await failureOf(machine, ['place', REF, 'librechat'], { env });
  expect(commandIn(none.hint)).toBe("mcpkey place 'ann'\\''s stock/night job' librechat --print");
  const ended = await shell(commandIn(none.hint));
  expect(ended.code, ended.stderr).toBe(0);
  const binding = await failureOf(machine, ['verify', '@shop/stock'], { env });
  expect(binding.hint).toContain('mcpkey place KEY ');
});

describe('a local server that does not start', () => {
  const KEY = ['key', 'of', 'acme', '1234567890'].join('-');
  beforeAll(async () => {
    const works = JSON.stringify(pathToFileURL('test/sandbox/local-server.mjs').href);
    const path = await machine.home.write('acme server/index.cjs', `import(${works});\n`);
    const command = `'${process.execPath}' '${path}'`;
    await machine.run(['profile', 'add', 'generic', '-p', 'acme', '--command', command, '--env', 'ACME_API_KEY']);
    await machine.run(['import', 'k', '-p', 'acme', '--stdin'], { input: KEY });
    await machine.home.write(path, "throw new Error('nothing is right with ' + process.env.ACME_API_KEY);\n");
  });

  it('is told by the line that says why, with the key masked and the command to run', async () => {
    const { message, hint } = await failureOf(machine, ['verify', 'acme/k']);
    expect(message).toMatch(
      /^The local server ended with code 1 before it answered: Error: nothing is right with \S+$/,
    );
    expect(message).not.toContain(KEY);
    expect(hint).toMatch(/: mcpkey exec acme\/k -- \S+ '.*acme server\/index\.cjs'$/);
    const ended = await shell(commandIn(hint));
    expect(ended.stderr).toContain('Error: nothing is right with ');
  });

  it('is told so by doctor too', async () => {
    const rows: unknown = JSON.parse(
      (await machine.run(['doctor', '--json', '-p', 'acme', '--check', 'key.probe'], { code: 10 })).stdout,
    );
    expect(rows).toMatchObject([
      {
        state: 'error',
        seen: expect.stringContaining(': Error: nothing is right with '),
        fix: expect.stringMatching(/mcpkey exec acme\/k -- /),
      },
    ]);
  });
});
