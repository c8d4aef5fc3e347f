import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startVaultDouble, type VaultDouble } from '../helpers/vault-double.ts';
import { type Native, startNative } from '../sandbox/native.ts';
import { KEY } from './documents.ts';
import { createMachine, type Machine } from './machine.ts';
import { ROTATED } from './rotation.ts';
import { dieInRotation } from './shared.ts';

/** Vault itself is not run: its double is, which is written from the public documentation of the API. */
describe('machines that share a Vault', () => {
  let vault: VaultDouble;
  let native: Native;
  let laptop: Machine;
  let server: Machine;
  const policy = (_method: string, path: string) => /^secret\/(data|metadata)\/mcpkey\//.test(path);
  beforeAll(async () => {
    [vault, native] = await Promise.all([startVaultDouble(), startNative()]);
    const machine = async (name: string) => {
      const token = vault.token({ policy });
      const store = { MCPKEY_STORE: 'vault', VAULT_ADDR: vault.address, VAULT_TOKEN: token };
      const made = await createMachine({ MCPKEY_TOKEN: native.token, MCPKEY_MACHINE: name, ...store });
      const file = await made.home.write('acme-rolls.json', JSON.stringify(native.manifest));
      await made.run(['provider', 'add', file, '--yes']);
      return made;
    };
    [laptop, server] = await Promise.all([machine('laptop'), machine('server')]);
    await laptop.run(['profile', 'add', 'acme-rolls', '--url', native.url, '-p', 'acme']);
    await laptop.run(['create', 'ci']);
  });
  afterAll(() => native.close());

  const accepted = (): string => native.accepted()[0] ?? '';

  it('know the same keys, rotate one at a time, and hold nothing in their files', async () => {
    const before = accepted();
    expect((await server.run(['get', 'acme/ci'])).stdout).toBe(`${before}\n`);
    const machines = [laptop, server, laptop, server];
    const rows = await Promise.all(
      machines.map(async (machine) => {
        const running = machine.start(['rotate', 'acme/ci', '--json']);
        running.child.stdin.end();
        return ROTATED.parse(JSON.parse((await running.finished).stdout));
      }),
    );
    const failed = rows.flat().filter(({ state }) => state !== 'done');
    expect(failed.map(({ error }) => error?.code)).toEqual(failed.map(() => 'conflict'));
    expect(failed.length).toBeLessThan(machines.length);
    expect(native.accepted()).toHaveLength(1);
    expect((await laptop.run(['get', 'acme/ci'])).stdout).toBe(`${accepted()}\n`);
    expect(await server.json(z.array(KEY), ['list', '--local'])).toMatchObject([{ ref: 'acme/ci', stored: true }]);
    for (const machine of machines) expect(await machine.filesWith(before, accepted())).toEqual([]);
    await laptop.run(['log', '--verify']);
    const [row] = await laptop.json(z.array(z.looseObject({ store: z.string(), secrets: z.number() })), [
      'store',
      'use',
      'vault',
    ]);
    expect(row).toMatchObject({ store: 'vault', current: true, available: true, secrets: 1 });
  });

  it('end what one of them left when it died', async () => {
    await dieInRotation(native, laptop, 'acme/ci');
    expect(await server.json(ROTATED, ['rotate', '--resume'], { code: 1 })).toMatchObject([
      { error: { code: 'conflict' } },
    ]);
    vault.setClock(13_000);
    expect(await server.json(ROTATED, ['rotate', '--resume'])).toMatchObject([{ state: 'done' }]);
    expect(native.accepted()).toHaveLength(1);
    expect((await laptop.run(['get', 'acme/ci'])).stdout).toBe(`${accepted()}\n`);
  });
});
