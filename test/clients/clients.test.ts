import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CLIENTS } from '../../src/clients/index.ts';
import type { Client } from '../../src/clients/types.ts';
import { describeClient } from '../conformance/client.ts';

const clients: readonly (readonly [string, Client])[] = Object.entries(CLIENTS);

it('calls a client by one word: in the table, its file and its fixtures', () => {
  const ids = clients.map(([key]) => key).sort();
  expect(clients.map(([, client]) => client.id).sort()).toEqual(ids);
  const shared = ['index.ts', 'types.ts', 'shapes.ts', 'families.ts', 'folders.ts', 'shell.ts', 'formats'];
  const files = readdirSync(join(import.meta.dirname, '../../src/clients')).filter((name) => !shared.includes(name));
  expect(files.map((name) => name.replace(/\.ts$/, '')).sort()).toEqual(ids);
  expect(readdirSync(join(import.meta.dirname, '../fixtures/clients')).sort()).toEqual(ids);
});

for (const [, client] of clients) describeClient(client);
