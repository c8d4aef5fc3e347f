import { expect, it } from 'vitest';
import { placeCredential } from '../../src/placement/place.ts';
import { initProject } from '../../src/project/init.ts';
import { createPlacingMachine } from '../placement/machine.ts';

it('writes no project file where nothing that is placed can be in one', async () => {
  const machine = await createPlacingMachine();
  const acme = { name: 'acme', mcpUrl: undefined, command: ['npx', '@acme/mcp'], variable: 'ACME_KEY' };
  const { credential } = await machine.key(acme);
  await placeCredential(machine.context, credential, ['cursor']);
  await expect(initProject(await machine.fresh())).rejects.toMatchObject({
    code: 'not_found',
    message: expect.stringContaining('acme: a project’s file names no command to run'),
  });
  await expect(machine.home.read('mcpkey.json')).rejects.toThrow('ENOENT');
  await machine.key({ name: 'stock' });
  await placeCredential(machine.context, await machine.credential('stock/ci'), ['cursor']);
  const { file, left } = await initProject(await machine.fresh());
  expect([Object.keys(file.servers), left.length]).toEqual([['stock'], 1]);
});
