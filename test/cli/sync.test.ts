import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { terminal } from '../helpers/terminal.ts';
import { type Native, startNative } from '../sandbox/native.ts';
import { CHANGES } from './documents.ts';
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

  it('is written into each file, and handed to each hook, whatever fails of the others', async () => {
    const [broken, clientFile] = [join(here.home.dir, 'broken'), join(here.home.dir, '.cursor/mcp.json')];
    await place('hook', '--command', 'cat > broken');
    await place('hook', '--command', 'cat > other');
    await place('cursor', '--mode', 'plain');
    await placeFile();
    const text = await readFile(clientFile, 'utf8');
    await there.run(['rotate', 'acme/ci']);
    const fresh = native.accepted().at(-1) ?? 'none';
    await rm(broken);
    await mkdir(broken);
    await writeFile(clientFile, '{');
    const { stdout, stderr } = await here.run(['sync', '--json'], { code: 8 });
    expect(CHANGES.parse(JSON.parse(stdout))).toMatchObject([
      { client: 'env-file', server: 'T', changed: true },
      { client: 'hook', server: 'cat > other', changed: true },
    ]);
    expect(stderr).toContain('The command "cat > broken" ended with exit code');
    expect(stderr).toContain(clientFile);
    expect((await here.filesWith(fresh)).sort()).toEqual([join(here.home.dir, 'other'), envFile()]);

    await writeFile(clientFile, text);
    const failed = await here.run(['sync'], { code: 8 });
    expect(failed.stdout).toContain('✓ hook: "cat > other"');
    expect(failed.stderr).toContain('acme/ci could not be renewed everywhere on this machine.');
    await rm(broken, { recursive: true });
    expect(await here.json(CHANGES, ['sync'])).toMatchObject([
      { client: 'env-file', changed: false },
      { client: 'cursor', changed: false },
      { client: 'hook', server: 'cat > broken', changed: true },
      { client: 'hook', server: 'cat > other', changed: true },
    ]);
    expect(await readFile(broken, 'utf8')).toBe(fresh);
    expect(await here.json(CHANGES, ['sync'])).toEqual([]);
  });

  it('names the command that runs a hook again once it is mended', async () => {
    await place('hook', '--command', 'test ! -e broken && cat > got');
    await there.run(['rotate', 'acme/ci']);
    await here.home.write('broken', '');
    const { stderr } = await here.run(['sync'], { code: 1 });
    expect(stderr).toContain('Mend it, then: mcpkey sync');
    expect(stderr).not.toContain('--resume');
  });
});
