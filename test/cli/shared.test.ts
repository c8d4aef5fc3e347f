import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { hasPrograms } from '../helpers/programs.ts';
import { KEY } from './documents.ts';
import { ROTATED } from './rotation.ts';
import { startShared } from './shared.ts';

const KEYS = z.array(KEY);

describe.runIf(hasPrograms('etcd'))('two machines that share an etcd', () => {
  it('know the same keys, and each the secret', async () => {
    const { native, laptop, server } = await startShared();
    expect(await server.json(KEYS, ['list', '--local', '-p', 'acme']).catch(String)).toContain('There is no profile');
    const [value = ''] = native.accepted();
    expect((await server.run(['get', 'acme/ci'])).stdout).toBe(`${value}\n`);
    expect(await server.json(KEYS, ['list'])).toMatchObject([{ ref: 'acme/ci', stored: true }]);
    expect(await server.json(KEYS, ['list', '--local'])).toMatchObject([{ ref: 'acme/ci', stored: true }]);
    expect(await laptop.fails(['create', 'ci'])).toMatchObject({ code: 'conflict' });
    expect(await server.fails(['create', 'ci'])).toMatchObject({ code: 'conflict' });
    const [row] = await server.json(ROTATED, ['rotate', 'acme/ci']);
    expect(row).toMatchObject({ state: 'done' });
    const [fresh = ''] = native.accepted();
    expect(fresh).not.toBe(value);
    expect((await laptop.run(['get', 'acme/ci'])).stdout).toBe(`${fresh}\n`);
    for (const machine of [laptop, server]) expect(await machine.filesWith(value, fresh)).toEqual([]);
  });
});
