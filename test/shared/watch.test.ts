import { expect, it } from 'vitest';
import { watchShared } from '../../src/shared/watch.ts';
import { generationOf } from '../../src/system/generation.ts';
import { emptyFolder } from '../helpers/folder.ts';
import { memorySpace } from '../helpers/memory-space.ts';
import { unavailable } from '../helpers/memory-store.ts';
import { keyRecord } from '../helpers/records.ts';
import { sharedMachine } from '../helpers/shared-machine.ts';

it('sees what another machine changed after 5 s, with one look, and goes on where there is no store', async () => {
  const space = memorySpace();
  const [laptop, server] = [
    sharedMachine(space, await emptyFolder(), 'laptop'),
    sharedMachine(space, await emptyFolder(), 'server'),
  ];
  await laptop.ledger.add(keyRecord());
  let [now, looks, away] = [0, 0, false];
  const ledger = {
    ...laptop.ledger,
    key: async (profile: string, name: string) => {
      looks += 1;
      if (away) throw unavailable();
      return laptop.ledger.key(profile, name);
    },
  };
  const look = watchShared({ ledger, shared: async () => ({ space, store: 'etcd' }), now: () => now }, keyRecord());
  const generation = () => generationOf(laptop.ledger.generationFile('stock', 'ci'));
  const before = generation();
  await server.ledger.update('stock', 'ci', (key) => ({ ...key, secret: 'next' }));
  now = 4_999;
  await look();
  expect([looks, generation()]).toEqual([0, before]);
  now = 5_000;
  await look();
  await look();
  expect(looks).toBe(1);
  expect(generation()).not.toBe(before);
  [now, away] = [10_000, true];
  await look();
  expect(looks).toBe(2);
});
