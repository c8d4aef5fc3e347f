/** A machine with a key of the made-up service, ready to be rotated. */
import { join } from 'node:path';
import { z } from 'zod';
import { type Native, type NativeOptions, startNative } from '../sandbox/native.ts';
import { ERROR } from './documents.ts';
import { createMachine, type Machine } from './machine.ts';

export const ROTATED = z.array(
  z.object({
    ref: z.string(),
    oldId: z.string(),
    newId: z.string().nullable(),
    state: z.enum(['done', 'grace', 'awaiting-revoke', 'failed', 'resumable', 'skipped', 'planned']),
    error: ERROR.nullable(),
    revokeAt: z.iso.datetime().nullable(),
    provedAt: z.iso.datetime().nullable(),
    oldRefusedAt: z.iso.datetime().nullable(),
    steps: z.array(z.string()).optional(),
  }),
);

export interface Rotating {
  readonly native: Native;
  readonly machine: Machine;
  readonly env: Record<string, string>;
  /** The key's record in the ledger, as the file has it. */
  record(name?: string): Promise<z.infer<typeof RECORD>>;
}

export const RECORD = z.looseObject({
  id: z.string(),
  label: z.string(),
  secret: z.string().nullable(),
  status: z.string(),
  previous: z.looseObject({ id: z.string(), revokeAt: z.string().nullable() }).nullable(),
});

/** A service, a machine that knows it by a manifest of its own, and a key `ci` there. */
export async function startRotating(options: NativeOptions = {}): Promise<Rotating> {
  const native = await startNative(options);
  const env = { MCPKEY_TOKEN: native.token };
  const machine = await createMachine(env);
  const file = await machine.home.write('acme-rolls.json', JSON.stringify(native.manifest));
  await machine.run(['provider', 'add', file, '--yes']);
  await machine.run(['profile', 'add', 'acme-rolls', '--url', native.url, '-p', 'acme']);
  await machine.run(['create', 'ci']);
  const record = async (name = 'ci') => {
    const path = join(machine.home.mcpkey, 'data/ledger/acme', `${name}.json`);
    return RECORD.parse(JSON.parse(await machine.home.read(path)));
  };
  return { native, machine, env, record };
}
