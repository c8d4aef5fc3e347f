/** Local servers that take keys from their environment, started through mcpkey by every client. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { useEntry } from '../../scripts/stage/client.mjs';
import { readEntries } from '../../src/clients/formats/index.ts';
import { CLIENTS } from '../../src/clients/index.ts';
import type { Client, ClientFile, EntryParts } from '../../src/clients/types.ts';
import { machineOf } from '../../src/placement/machine.ts';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import { CHANGES, VERIFY } from './documents.ts';
import { createMachine, type Machine } from './machine.ts';

const CALL = { name: 'echo', arguments: { text: 'hello' } };
/** What a program launched from the desktop has. */
const BARE = { LOGNAME: 'ann', PATH: '/usr/bin:/bin', SHELL: '/bin/sh', TERM: 'dumb', USER: 'ann' };
const ALL: readonly Client[] = Object.values(CLIENTS);

/** A server that ends at once where its second key is not the one of this digest. */
const twoKeys = (server: string) => `
  import { createHash } from 'node:crypto';
  const digest = createHash('sha256').update(process.env.MAIL_KEY ?? '').digest('hex');
  if (digest === process.argv[3]) await import(${JSON.stringify(pathToFileURL(server).href)});
  else { process.stderr.write('desk: set MAIL_KEY\\n'); process.exitCode = 1; }
`;

let sandbox: Sandbox;
let machine: Machine;
let secrets: readonly string[];
beforeEach(async () => {
  sandbox = await startSandbox({ services: ['generic'] });
  machine = await createMachine();
  const { local, dashboard } = sandbox.service('generic');
  const made = [dashboard.create({ name: 'mail' }), dashboard.create({ name: 'desk' })].map(({ secret }) => secret);
  const [mail = '', desk = ''] = made;
  secrets = made;
  await addServer('mail', local.command, ['--env', local.variable]);
  await machine.run(['import', 'me', '-p', 'mail', '--stdin'], { input: mail });
  const script = join(machine.home.root, 'two-keys.mjs');
  const [node = '', server = '', check = ''] = local.command;
  await writeFile(script, twoKeys(server));
  const command = [node, script, check, createHash('sha256').update(mail).digest('hex')];
  await addServer('desk', command, ['--env', local.variable, '--env', 'MAIL_KEY=mail/me']);
  await machine.run(['import', 'me', '-p', 'desk', '--stdin'], { input: desk });
});
afterEach(() => sandbox.close());

const addServer = (profile: string, command: readonly string[], options: readonly string[]) =>
  machine.run(['profile', 'add', 'generic', '-p', profile, '--command', command.join(' '), ...options]);

/** The user's file of a client as it is on that machine. */
function fileOf(client: Client): ClientFile | undefined {
  const { dir, env } = machine.home;
  const at = machineOf({ platform: process.platform, home: dir, env, cwd: dir });
  return client.files(at).find((file) => file.scope === 'user' && !file.aside);
}

async function partsIn(client: Client, server: string): Promise<EntryParts> {
  const file = fileOf(client);
  if (!file) throw new Error(`${client.id} has no file`);
  return client.read((await readEntries(await readFile(file.path), file))[server]);
}

describe('a server that takes two keys', () => {
  it('is probed with both, and started with both by every client; neither stands in a file', async () => {
    expect(await machine.json(VERIFY, ['verify', 'desk/me'])).toMatchObject({ ok: true, tools: ['echo'] });
    const clients = ALL.filter((client) => fileOf(client));
    for (const file of clients.flatMap((client) => fileOf(client) ?? [])) {
      if (!file.mustExist) continue;
      await mkdir(dirname(file.path), { recursive: true });
      await writeFile(file.path, '');
    }
    const placed = await machine.json(CHANGES, ['place', 'desk/me', ...clients.map(({ id }) => id)]);
    expect(placed.filter(({ mode, changed }) => mode !== 'wrap' || !changed)).toEqual([]);
    const [first, ...others] = await Promise.all(clients.map((client) => partsIn(client, 'desk')));
    expect(first?.args).toEqual(expect.arrayContaining(['ACME_API_KEY=desk/me', 'MAIL_KEY=mail/me', '--']));
    expect(others.filter((parts) => JSON.stringify(parts) !== JSON.stringify(first))).toEqual([]);
    const { command = '', args = [], env = {} } = first ?? {};
    const answer = await useEntry({ command, args, env }, { home: machine.home.dir, call: CALL, own: BARE });
    expect(answer.server).toMatchObject({ name: 'acme-local' });
    expect(await machine.filesWith(...secrets)).toEqual([]);
  });

  it('is told apart by what is missing', async () => {
    await machine.run(['profile', 'set', 'desk', '--env', 'MAIL_KEY=mail/other']);
    expect(await machine.fails(['verify', 'desk/me'], { code: 5 })).toMatchObject({ code: 'not_found' });
    await machine.run(['profile', 'set', 'desk', '--unset', 'env', '--env', 'ACME_API_KEY']);
    const { stdout } = await machine.run(['verify', 'desk/me', '--json'], { code: 1 });
    expect(VERIFY.parse(JSON.parse(stdout)).error?.message).toContain('desk: set MAIL_KEY');
  });

  it('cannot stand in a file that people share, nor in clear', async () => {
    const project = await machine.fails(['place', 'desk/me', 'cursor', '--scope', 'project'], { code: 1 });
    expect(project).toMatchObject({ code: 'unsupported', message: expect.stringContaining('several keys') });
    expect(await machine.fails(['place', 'desk/me', 'cursor', '--mode', 'plain'], { code: 1 })).toMatchObject({
      code: 'unsupported',
    });
  });
});

describe('a server that takes one key', () => {
  it('stands in a project’s file as it does for everyone', async () => {
    const dir = join(machine.home.dir, 'shop');
    await mkdir(dir);
    await machine.run(['place', 'mail/me', 'cursor', '--scope', 'project', '--dir', dir]);
    const { mcpServers } = JSON.parse(await readFile(join(dir, '.cursor/mcp.json'), 'utf8'));
    const { local } = sandbox.service('generic');
    const args = ['exec', '--no-mask', '--env', 'ACME_API_KEY=@shop/mail', '--', ...local.command];
    expect(mcpServers).toEqual({ mail: { command: 'mcpkey', args } });
  });
});

it('refuses an --env that is no variable, and two for the profile’s own key', async () => {
  const wrong: readonly (readonly [readonly string[], string])[] = [
    [['1X'], 'is not VAR or VAR=KEY'],
    [['A='], 'is not VAR or VAR=KEY'],
    [['A', 'B'], 'not both A and B'],
    [['A', 'A=mail/me'], 'not both A and A'],
  ];
  for (const [envs, message] of wrong) {
    const options = envs.flatMap((env) => ['--env', env]);
    const failure = await machine.fails(['profile', 'set', 'mail', ...options], { code: 2 });
    expect(failure).toMatchObject({ code: 'usage', message: expect.stringContaining(message) });
  }
});
