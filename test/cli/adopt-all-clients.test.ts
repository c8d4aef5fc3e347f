/** A key in clear in every client's own form is found, lifted, and the client gets its best mode in its own form. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { putEntry, readEntries } from '../../src/clients/formats/index.ts';
import { CLIENTS } from '../../src/clients/index.ts';
import type { Client, ClientFile } from '../../src/clients/types.ts';
import { machineOf } from '../../src/placement/machine.ts';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import { CHANGES } from './documents.ts';
import { createMachine, type Machine } from './machine.ts';

const ALL: readonly Client[] = Object.values(CLIENTS);

let sandbox: Sandbox;
let machine: Machine;
beforeEach(async () => {
  sandbox = await startSandbox({ services: ['generic'] });
  machine = await createMachine();
});
afterEach(() => sandbox.close());

function fileOf(client: Client): ClientFile | undefined {
  const { dir, env } = machine.home;
  const at = machineOf({ platform: process.platform, home: dir, env, cwd: dir });
  return client.files(at).find((file) => file.scope === 'user' && !file.aside);
}

const entryIn = async (client: Client, file: ClientFile) =>
  client.read((await readEntries(await readFile(file.path), file)).acme);

it('lifts remote keys and local ones out of every client, once each, and puts them back on undo', async () => {
  const { mcpUrl, local, dashboard } = sandbox.service('generic');
  const secret = dashboard.create({ name: 'k' }).secret;
  const [command = '', ...args] = local.command;
  const written: { client: Client; file: ClientFile; before: Buffer; local: boolean }[] = [];
  for (const client of ALL) {
    const file = fileOf(client);
    if (!file || !client.modes.includes('plain')) continue;
    const isLocal = client.localModes?.includes('plain') ?? false;
    const site = { server: 'acme', platform: process.platform, scope: 'user', file } as const;
    const request = isLocal
      ? ({ mode: 'plain', run: { command, args, env: { [local.variable]: secret } } } as const)
      : ({ mode: 'plain', url: mcpUrl, headers: { Authorization: `Bearer ${secret}` } } as const);
    const { bytes: before } = await putEntry(undefined, file, 'acme', client.entry(request, site));
    await mkdir(dirname(file.path), { recursive: true });
    await writeFile(file.path, before);
    written.push({ client, file, before, local: isLocal });
  }
  expect(written.length).toBeGreaterThan(30);
  expect((await machine.filesWith(secret)).length).toBe(written.length);
  const rows = await machine.json(CHANGES, ['adopt', '--yes']);
  expect(rows.map(({ client }) => client).sort()).toEqual(written.map(({ client }) => client.id).sort());
  expect(await machine.filesWith(secret)).toEqual([]);
  for (const { client, file, local: isLocal } of written) {
    const row = rows.find((each) => each.client === client.id);
    expect(row?.mode, client.id).toBe(isLocal ? 'wrap' : client.modes[0]);
    const said = JSON.stringify((await readEntries(await readFile(file.path), file)).acme);
    expect(said, client.id).toMatch(isLocal ? /exec.*--env/ : /proxy|headers /);
    if (client.modes[0] !== 'helper') expect((await entryIn(client, file)).command, client.id).toContain('mcpkey');
  }
  await machine.run(['undo', '--yes']);
  for (const { client, file, before } of written) expect(await readFile(file.path), client.id).toEqual(before);
});
