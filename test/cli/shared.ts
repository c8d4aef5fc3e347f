/** Machines that share an etcd: each has a home of its own, all the same age identity. */
import { readFile } from 'node:fs/promises';
import { afterAll } from 'vitest';
import { type Etcd, startEtcd } from '../helpers/etcd.ts';
import { type Native, type NativeOptions, startNative } from '../sandbox/native.ts';
import { createMachine, type Machine } from './machine.ts';

export interface Shared {
  readonly etcd: Etcd;
  readonly native: Native;
  /** Has the profile `acme` and its key `acme/ci`, both made here. */
  readonly laptop: Machine;
  /** Knows the provider, and nothing else. */
  readonly server: Machine;
  /** Another machine like the server. */
  machine(name: string): Promise<Machine>;
}

const natives = new Set<Native>();
afterAll(async () => {
  for (const native of natives) await native.close();
});

export async function startShared({
  members = 1,
  ...options
}: NativeOptions & { members?: number } = {}): Promise<Shared> {
  const [etcd, native] = await Promise.all([startEtcd({ members }), startNative(options)]);
  natives.add(native);
  const first = await createMachine();
  const identity = (await readFile(first.home.env.MCPKEY_AGE_IDENTITY ?? '', 'utf8')).trim();
  const machine = async (name: string): Promise<Machine> => {
    const made = await createMachine({
      MCPKEY_TOKEN: native.token,
      MCPKEY_MACHINE: name,
      MCPKEY_STORE: 'etcd',
      MCPKEY_ETCD_ENDPOINTS: etcd.endpoints,
      MCPKEY_AGE_IDENTITY: identity,
    });
    const file = await made.home.write('acme-rolls.json', JSON.stringify(native.manifest));
    await made.run(['provider', 'add', file, '--yes']);
    return made;
  };
  const [laptop, server] = [await machine('laptop'), await machine('server')];
  await laptop.run(['profile', 'add', 'acme-rolls', '--url', native.url, '-p', 'acme']);
  await laptop.run(['create', 'ci']);
  return { etcd, native, laptop, server, machine };
}
