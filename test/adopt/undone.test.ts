/** Adopting changes every file or none, and leaves no key behind for nothing. */
import { link } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { adopt, findAdoption } from '../../src/adopt/adopt.ts';
import { recoverPlacements } from '../../src/placement/recover.ts';
import { spawnMcpkey } from '../helpers/cli.ts';
import { createPlacingMachine, type PlacingMachine } from '../placement/machine.ts';

/** Made up, and put together here so that no scanner takes it for a real one. */
const value = (tail: string) => ['made', 'up', 'a1B2c3D4e5F6g7H8', tail].join('');
const FILES = ['.claude.json', '.cursor/mcp.json', '.config/Claude/claude_desktop_config.json'] as const;
const DIE_AT = fileURLToPath(new URL('../rotation/crash/die-at.mjs', import.meta.url));

async function inClear(): Promise<PlacingMachine> {
  const machine = await createPlacingMachine();
  const entry = (tail: string) => ({ command: '/nowhere/acme', args: [], env: { ACME_API_KEY: value(tail) } });
  await machine.home.write(FILES[0], JSON.stringify({ mcpServers: { a: { type: 'stdio', ...entry('1') } } }));
  await machine.home.write(FILES[1], JSON.stringify({ mcpServers: { a: entry('1'), b: entry('2') } }));
  await machine.home.write(FILES[2], JSON.stringify({ mcpServers: { a: entry('1') } }));
  return machine;
}
const texts = ({ home }: PlacingMachine) => Promise.all(FILES.map((file) => home.read(file)));
const isInClear = (text: string) => text.includes(value(''));

describe('adopt', () => {
  it('keeps no key and no profile where one of the files cannot be changed', async () => {
    const machine = await inClear();
    await link(join(machine.home.dir, FILES[1]), join(machine.home.dir, 'another-name.json'));
    const before = await texts(machine);
    const context = await machine.fresh();
    await expect(adopt(context, await findAdoption(context))).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('hard links'),
    });
    expect(await texts(machine)).toEqual(before);
    const after = await machine.fresh();
    expect(after.profiles.list()).toEqual([]);
    expect(await after.ledger.keys()).toEqual([]);
    expect((await after.vault.index()).filter(({ profile }) => profile !== '@undo')).toEqual([]);
  });

  it('killed at any point has moved all of it or nothing, and run again moves all of it', {
    timeout: 120_000,
  }, async () => {
    const faults: string[] = [];
    let killed = 0;
    for (let at = 1; ; at += 9) {
      const machine = await inClear();
      const { home } = machine;
      const env = {
        NODE_OPTIONS: `--import=${DIE_AT}`,
        MCPKEY_TEST_DIE_AT: String(at),
        MCPKEY_TEST_DIE_UNDER: [
          home.dir,
          join(home.mcpkey, 'data'),
          join(home.mcpkey, 'config'),
          join(home.mcpkey, 'state/journals'),
        ].join(':'),
        MCPKEY_TEST_DIE_SYNC: '1',
      };
      const { code } = await spawnMcpkey(['adopt', '--yes'], { home, env }).finished;
      if (code !== null) break;
      killed += 1;
      await recoverPlacements(await machine.fresh());
      const after = await texts(machine);
      if (!(after.every(isInClear) || !after.some(isInClear))) faults.push(`at ${at}: some files were changed`);
      const context = await machine.fresh();
      await adopt(context, await findAdoption(context));
      if ((await texts(machine)).some(isInClear)) faults.push(`at ${at}: keys are left in clear`);
      const keys = await (await machine.fresh()).ledger.keys();
      const values = await Promise.all(keys.map(({ profile, secret }) => context.vault.read(profile, secret ?? '')));
      const held = values.map((each) => each?.reveal()).sort();
      if (held.join() !== [value('1'), value('2')].join()) faults.push(`at ${at}: ${held.length} keys are kept`);
    }
    expect(faults).toEqual([]);
    expect(killed).toBeGreaterThan(5);
  });
});
