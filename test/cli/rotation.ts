/** A machine with a key of the made-up service, ready to be rotated. */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll } from 'vitest';
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

interface Template {
  readonly native: Native;
  readonly machine: Machine;
}

/** Made once for each kind of service, and copied for each test. */
const templates = new Map<string, Promise<Template>>();

afterAll(async () => {
  for (const template of templates.values()) await (await template).native.close();
});

/** A service, a machine that knows it by a manifest of its own, and a key `ci` there. One at a time. */
export async function startRotating(options: NativeOptions = {}): Promise<Rotating> {
  const id = JSON.stringify(options);
  const making = templates.get(id) ?? makeTemplate(options);
  templates.set(id, making);
  const { native, machine: template } = await making;
  native.reset();
  const machine = await createMachine({ MCPKEY_TOKEN: native.token });
  for (const path of ['mcpkey', 'identity.txt']) {
    await cp(join(template.home.root, path), join(machine.home.root, path), { recursive: true });
  }
  const record = async (name = 'ci') => {
    const path = join(machine.home.mcpkey, 'data/ledger/acme', `${name}.json`);
    return RECORD.parse(JSON.parse(await machine.home.read(path)));
  };
  return { native, machine, record };
}

async function makeTemplate(options: NativeOptions): Promise<Template> {
  const native = await startNative(options);
  const machine = await createMachine({ MCPKEY_TOKEN: native.token });
  const file = await machine.home.write('acme-rolls.json', JSON.stringify(native.manifest));
  await machine.run(['provider', 'add', file, '--yes']);
  await machine.run(['profile', 'add', 'acme-rolls', '--url', native.url, '-p', 'acme']);
  if (options.createByHand) await machine.run(['import', 'ci', '--stdin'], { input: native.make('ci') });
  else await machine.run(['create', 'ci']);
  native.keep();
  return { native, machine };
}
