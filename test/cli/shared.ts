/** Machines that share an etcd of three members: each has a home of its own, all the same age identity. */
import { writeFile } from 'node:fs/promises';
import { generateX25519Identity } from 'age-encryption';
import type { Context } from '../../src/context.ts';
import { createIo } from '../../src/io/create.ts';
import { secret } from '../../src/secret.ts';
import { createContext } from '../../src/setup.ts';
import { type Etcd, startEtcd } from '../helpers/etcd.ts';
import { keyRecord } from '../helpers/records.ts';
import { type Native, startNative } from '../sandbox/native.ts';
import { createMachine, type Machine } from './machine.ts';

export interface Shared {
  readonly etcd: Etcd;
  readonly native: Native;
  readonly identity: string;
  /** Has the profile `acme` and its key `acme/ci`, both made here. */
  readonly laptop: Machine;
  /** Knows the provider, and nothing else. */
  readonly server: Machine;
  /** Another machine like the server; `env` is laid over its environment. */
  machine(name: string, env?: Record<string, string>): Promise<Machine>;
  /** Keys of `acme` as the store and the service have them, made without a process for each. */
  makeKeys(names: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export async function startShared(): Promise<Shared> {
  const [etcd, native] = await Promise.all([startEtcd({ members: 3 }), startNative()]);
  const identity = await generateX25519Identity();
  const machine = async (name: string, env: Record<string, string> = {}): Promise<Machine> => {
    const made = await createMachine({
      MCPKEY_TOKEN: native.token,
      MCPKEY_MACHINE: name,
      MCPKEY_STORE: 'etcd',
      MCPKEY_ETCD_ENDPOINTS: etcd.endpoints,
      ...env,
    });
    await writeFile(made.home.env.MCPKEY_AGE_IDENTITY ?? '', `${identity}\n`);
    const file = await made.home.write('acme-rolls.json', JSON.stringify(native.manifest));
    await made.run(['provider', 'add', file, '--yes']);
    return made;
  };
  const [laptop, server] = await Promise.all([machine('laptop'), machine('server')]);
  await laptop.run(['profile', 'add', 'acme-rolls', '--url', native.url, '-p', 'acme']);
  await laptop.run(['create', 'ci']);
  return {
    etcd,
    native,
    identity,
    laptop,
    server,
    machine,
    async makeKeys(names) {
      const context = await contextOn(laptop);
      const { origin } = new URL(native.mcpUrl);
      for (const name of names) {
        const value = native.make(name);
        const id = native.keys.at(-1)?.id ?? '';
        const record = await context.vault.keep('acme', secret(value));
        const fields = { profile: 'acme', provider: 'acme-rolls', name, id, label: name, origin };
        await context.ledger.add(keyRecord({ ...fields, secret: record, createdAt: new Date().toISOString() }));
      }
    },
    close: async () => void (await Promise.all([etcd.stop(), native.close()])),
  };
}

async function contextOn({ home }: Machine): Promise<Context> {
  const { stdin, stdout, stderr } = process;
  const { env } = home;
  const signal = new AbortController().signal;
  const flags = { json: false, quiet: false, verbose: false, noInput: true, yes: true };
  const io = await createIo({ stdin, stdout, stderr, env, signal, ...flags, noColor: true });
  const options = { ...flags, profile: undefined, store: undefined, timeout: undefined, maxWait: undefined };
  return createContext({ env, io, options, signal, cwd: home.dir });
}

/** A machine that is killed in the middle of a rotation: the service has made the new key, and its answer is lost. */
export async function dieInRotation(native: Native, machine: Machine, ref: string): Promise<void> {
  const dying = machine.start(['rotate', ref]);
  dying.child.stdin.end();
  native.tap = async (event, { path }) => {
    if (event !== 'answered' || path !== '/keys') return undefined;
    dying.kill('SIGKILL');
    return 'drop';
  };
  await dying.finished;
  native.tap = undefined;
}
