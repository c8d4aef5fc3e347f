import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { terminal } from '../helpers/terminal.ts';
import { type Native, startNative } from '../sandbox/native.ts';
import { createMachine, type Machine } from './machine.ts';

const FINDINGS = z.array(
  z.object({ subject: z.string(), state: z.string(), seen: z.string(), fix: z.string().nullable() }),
);

let native: Native;
let here: Machine;
let there: Machine;

const identityOf = ({ home }: Machine): string => home.env.MCPKEY_AGE_IDENTITY ?? '';

/** The second machine has the identity of the first, and its folder of keys. */
const machine = async (name: string, first?: Machine): Promise<Machine> => {
  const made = await createMachine({ MCPKEY_TOKEN: native.token, MCPKEY_MACHINE: name });
  if (first) await copyFile(identityOf(first), identityOf(made));
  const file = await made.home.write('acme-rolls.json', JSON.stringify(native.manifest));
  await made.run(['provider', 'add', file, '--yes']);
  await made.run(['profile', 'add', 'acme-rolls', '--url', native.url, '-p', 'acme']);
  await made.run(['store', 'use', 'age', '--dir', join((first ?? made).home.root, 'team')]);
  return made;
};

const envFile = () => join(here.home.dir, 't.env');
const place = (...words: string[]) => here.run(['place', 'acme/ci', ...words]);
const placeFile = () => place('env-file', '--file', envFile(), '--var', 'T');
const entries = async () =>
  FINDINGS.parse(JSON.parse((await here.run(['doctor', '--check', 'placement.entry', '--json'], { code: 10 })).stdout));
const screen = async (): Promise<string> => {
  const shown = terminal([], { home: here.home, columns: 200 });
  expect(await shown.ended).toBe(0);
  return shown.text;
};

beforeEach(async () => {
  await native?.close();
  native = await startNative();
  here = await machine('here');
  there = await machine('there', here);
  await here.run(['create', 'ci']);
});
afterAll(() => native.close());

describe('what another machine rotated', () => {
  it('is told by doctor and by the state of this machine, until sync was run', async () => {
    await placeFile();
    await place('hook', '--command', 'cat > got');
    await there.run(['rotate', 'acme/ci']);
    expect(native.accepted()).not.toContain((await readFile(envFile(), 'utf8')).trim().slice(2));
    expect(await entries()).toMatchObject([
      { subject: 'env-file', state: 'error', seen: expect.stringContaining('"T" in'), fix: 'mcpkey sync' },
      { subject: 'hook', state: 'error', seen: expect.stringContaining('"cat > got" has not got'), fix: 'mcpkey sync' },
    ]);
    const before = await screen();
    expect(before).toContain('Old key: files or hooks of this machine still have the one before of acme/ci');
    expect(before).toContain('Next: mcpkey sync');
    await here.run(['sync']);
    await here.run(['doctor', '--check', 'placement.entry']);
    expect(await screen()).not.toMatch(/Old key|mcpkey sync/);
  });
});
