/** What every client's own form of an entry holds in clear is found, and moved. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { adopt, findAdoption } from '../../src/adopt/adopt.ts';
import { findCredentials } from '../../src/adopt/find.ts';
import { putEntry, readEntries } from '../../src/clients/formats/index.ts';
import { CLIENTS } from '../../src/clients/index.ts';
import type { Client, ClientFile, EntryRequest } from '../../src/clients/types.ts';
import { UserError } from '../../src/errors.ts';
import { filesIn, machineOf } from '../../src/placement/machine.ts';
import { placeOf } from '../../src/placement/target.ts';
import { readBytes } from '../../src/system/files.ts';
import { createPlacingMachine } from '../placement/machine.ts';

/** Made up, and put together here so that no scanner takes it for a real one. */
const value = (tail: string) => ['made', 'up', 'a1B2c3D4e5F6g7H8', tail].join('');
const REMOTE: EntryRequest = {
  mode: 'plain',
  url: 'https://acme.example/mcp',
  headers: { Authorization: `Bearer ${value('r')}` },
};
const LOCAL: EntryRequest = {
  mode: 'plain',
  run: { command: 'npx', args: ['-y', '@acme/mcp'], env: { ACME_API_KEY: value('l'), ACME_REGION: 'eu' } },
};

/** The requests that the client has a form for, by server. */
function entriesOf(client: Client, file: ClientFile): ReadonlyMap<string, unknown> {
  const entries = new Map<string, unknown>();
  for (const [server, request] of [
    ['acme', REMOTE],
    ['local', LOCAL],
  ] as const) {
    try {
      entries.set(server, client.entry(request, { server, platform: 'linux', scope: file.scope, file }));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }
  return entries;
}

const all: readonly Client[] = Object.values(CLIENTS);

describe('adopt', () => {
  it.each(all.map((client) => [client.id, client] as const))('%s', async (_id, client) => {
    const machine = await createPlacingMachine();
    const own = machineOf(machine.context);
    const file = filesIn(client, 'user', own)[0] ?? client.files(own).find(({ scope }) => scope === 'user');
    if (!file) return;
    let bytes: Buffer | undefined;
    const wished = entriesOf(client, file);
    for (const [server, entry] of wished) bytes = (await putEntry(bytes, placeOf(file), server, entry)).bytes;
    await mkdir(dirname(file.path), { recursive: true });
    await writeFile(file.path, bytes ?? '');
    const context = await machine.fresh();
    const { findings } = await findCredentials(context);
    const seen = findings
      .filter(({ path }) => path === file.path)
      .map(({ server, value: found }) => [server, found.reveal()]);
    const secrets = { acme: value('r'), local: value('l') };
    expect(seen).toEqual(
      [...wished.keys()].map((server) => [server, server === 'acme' ? secrets.acme : secrets.local]),
    );
    const adoption = await findAdoption(context);
    expect(adoption.plan.left).toEqual([]);
    const { report } = await adopt(context, adoption);
    expect(report.changes.map(({ server, changed }) => [server, changed])).toEqual(
      [...wished.keys()].map((server) => [server, true]),
    );
    const after = (await readBytes(file.path)) ?? Buffer.alloc(0);
    for (const secret of Object.values(secrets)) expect(after.includes(secret)).toBe(false);
    const entries = await readEntries(after, placeOf(file));
    const local = JSON.stringify(entries.local ?? {});
    if (wished.has('local')) {
      for (const text of ['ACME_API_KEY=', '@acme/mcp', '"ACME_REGION":"eu"']) expect(local).toContain(text);
    }
    if (wished.has('acme')) expect(JSON.stringify(entries.acme)).toMatch(/proxy|headers/);
    expect((await findCredentials(await machine.fresh())).findings).toEqual([]);
  });
});
