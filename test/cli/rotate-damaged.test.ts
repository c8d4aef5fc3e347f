/** A key whose secret in the store is damaged, while the store itself works. */
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateIdentity } from 'age-encryption';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ENTER, terminal } from '../helpers/terminal.ts';
import { CHANGES, REVOKED } from './documents.ts';
import { ROTATED, type Rotating, startRotating } from './rotation.ts';

/** Overwrites the file of the age store that holds the key's secret. */
async function damage({ machine, record }: Rotating): Promise<void> {
  const { secret } = await record();
  const root = join(machine.home.mcpkey, 'data/age');
  const [file] = (await readdir(root, { recursive: true })).filter((name) => name.endsWith(`${secret}.age`));
  if (file === undefined) throw new Error('the secret is not there');
  await writeFile(join(root, file), 'no age file');
}

/** That the new key is the current one, and the old one gone from the service and from here. */
async function expectReplaced({ machine, native, record }: Rotating): Promise<void> {
  expect(native.living().map((key) => key.id)).toEqual(['r2']);
  expect(await record()).toMatchObject({ id: 'r2', previous: null });
  expect((await machine.run(['get', 'acme/ci'])).stdout).toBe(`${native.accepted()[0]}\n`);
  expect((await machine.run(['rotate', '--resume'])).stderr).toContain('nothing to resume');
}

describe('a damaged secret', () => {
  it.each([
    ['a key made anew', {}],
    ['a service that rotates', { rotate: { id: 'new', overlap: true } } as const],
  ])('is replaced, and its key revoked by its id: %s', async (_what, options) => {
    const rotating = await startRotating(options);
    await damage(rotating);
    const { stdout, stderr } = await rotating.machine.run(['rotate', 'acme/ci', '--json']);
    expect(ROTATED.parse(JSON.parse(stdout))).toMatchObject([{ state: 'done', newId: 'r2', oldRefusedAt: null }]);
    expect(stderr).toMatch(/The old secret cannot be read, so whether it is refused is not seen: .* is damaged/);
    expect(stderr.match(/cannot be read/g)).toHaveLength(1);
    await expectReplaced(rotating);
  });

  it('cannot be looked for in a file: that is left as it is, and told', async () => {
    const rotating = await startRotating();
    const { machine, native } = rotating;
    await machine.json(CHANGES, ['place', 'acme/ci', 'cursor', '--mode', 'plain']);
    const before = await machine.home.read('.cursor/mcp.json');
    await damage(rotating);
    const { stderr } = await machine.run(['rotate', 'acme/ci']);
    expect(stderr).toContain('mcp.json was left as it is, and may hold the old key still. Place the key again');
    expect(await machine.home.read('.cursor/mcp.json')).toBe(before);
    await machine.json(CHANGES, ['place', 'acme/ci', 'cursor', '--mode', 'plain']);
    expect(await machine.home.read('.cursor/mcp.json')).toContain(native.accepted()[0]);
  });

  it('that was damaged in its grace goes by its id', async () => {
    const rotating = await startRotating();
    await damage(rotating);
    await rotating.machine.run(['rotate', 'acme/ci', '--grace', '1h']);
    await rotating.machine.run(['rotate', 'acme/ci']);
    expect(rotating.native.living().map((key) => key.id)).toEqual(['r3']);
  });

  it('ends a rotation that was left before it was damaged', async () => {
    const rotating = await startRotating();
    const { machine, native } = rotating;
    native.faults.plant({ match: 'POST /keys', action: { kind: 'lost' } });
    const list = native.faults.plant({ match: 'GET /keys', times: 9, action: { kind: 'answer', status: 503 } });
    await machine.run(['rotate', 'acme/ci'], { code: 8 });
    list.remove();
    await damage(rotating);
    expect(await machine.json(ROTATED, ['rotate', '--resume'])).toMatchObject([{ state: 'done' }]);
    expect(native.living()).toHaveLength(1);
  });

  it('of a key that only a person can revoke: with --finish their word has to do', async () => {
    const rotating = await startRotating({ revokeByHand: true });
    const { machine, native, record } = rotating;
    await damage(rotating);
    const first = await machine.run(['rotate', 'acme/ci', '--yes', '--json']);
    expect(ROTATED.parse(JSON.parse(first.stdout))).toMatchObject([{ state: 'awaiting-revoke' }]);
    expect(first.stderr).toContain('say so: mcpkey rotate acme/ci --finish --yes');
    expect(await machine.json(ROTATED, ['rotate', '--all', '--yes'])).toMatchObject([{ state: 'awaiting-revoke' }]);
    expect(await machine.json(ROTATED, ['rotate', '--finish'])).toMatchObject([{ state: 'awaiting-revoke' }]);
    const screen = terminal(['rotate', '--finish'], { home: machine.home });
    await screen.shows(/Is the old key of acme\/ci \(id r1\) revoked\?/);
    screen.type(`n${ENTER}`);
    expect(await screen.ended, screen.text).toBe(0);
    expect((await record()).previous?.id).toBe('r1');
    native.revoke('r1');
    const done = { state: 'done', oldRefusedAt: null };
    expect(await machine.json(ROTATED, ['rotate', 'acme/ci', '--finish', '--yes'])).toMatchObject([done]);
    expect((await record()).previous).toBeNull();
  });

  it('of a key that a person must revoke first: told how it can be replaced all the same', async () => {
    const rotating = await startRotating({ createByHand: true, revokeByHand: true });
    const { machine, native } = rotating;
    await damage(rotating);
    const words = ['rotate', 'acme/ci', '--yes', '--json'];
    const { stdout } = await machine.run([...words, '--order', 'revoke-first'], { code: 1 });
    const hint = 'Revoke it there, then: mcpkey rotate acme/ci --order create-first';
    expect(ROTATED.parse(JSON.parse(stdout))).toMatchObject([
      { state: 'failed', error: { code: 'unsupported', hint } },
    ]);
    native.revoke('r1');
    const input = native.make('ci');
    await machine.run([...words, '--order', 'create-first', '--stdin'], { input });
    expect(await machine.json(ROTATED, ['rotate', '--finish', '--yes'])).toMatchObject([{ state: 'done' }]);
    expect((await machine.run(['get', 'acme/ci'])).stdout).toBe(`${input}\n`);
  });

  it('is revoked by its id', async () => {
    const rotating = await startRotating();
    const { machine, native } = rotating;
    await damage(rotating);
    expect(await machine.json(REVOKED, ['revoke', 'acme/ci', '--yes'])).toMatchObject([{ state: 'revoked' }]);
    expect(native.living()).toEqual([]);
  });
});

describe('a secret that its store does not open', () => {
  it('is no damaged one: nothing is made, and the key stays', async () => {
    const rotating = await startRotating();
    const { machine, native } = rotating;
    const identity = machine.home.env.MCPKEY_AGE_IDENTITY ?? '';
    await rename(identity, `${identity}.away`);
    await writeFile(identity, `${await generateIdentity()}\n`, { mode: 0o600 });
    const { stdout } = await machine.run(['rotate', 'acme/ci', '--json'], { code: 7 });
    const error = { code: 'store_locked', hint: expect.stringContaining('MCPKEY_AGE_IDENTITY') };
    expect(ROTATED.parse(JSON.parse(stdout))).toMatchObject([{ state: 'failed', newId: null, error }]);
    expect(native.living().map((key) => key.id)).toEqual(['r1']);
    await rename(`${identity}.away`, identity);
    expect(await machine.json(ROTATED, ['rotate', 'acme/ci'])).toMatchObject([{ state: 'done' }]);
  });
});

const DOCTOR = z.array(
  z.object({ subject: z.string(), state: z.string(), seen: z.string(), fix: z.string().nullable() }),
);

describe('a damaged journal of one key', () => {
  /** A rotation of ci that was left, its journal changed; another key beside it. Resolves to the journal's path. */
  async function leaveDamaged({ machine, native }: Rotating, change: (text: string) => string): Promise<string> {
    await machine.run(['create', 'other']);
    native.faults.plant({ match: 'POST /keys', action: { kind: 'lost' } });
    const list = native.faults.plant({ match: 'GET /keys', times: 9, action: { kind: 'answer', status: 503 } });
    await machine.run(['rotate', 'acme/ci'], { code: 8 });
    list.remove();
    const folder = join(machine.home.mcpkey, 'state/journals');
    const [name = ''] = await readdir(folder);
    const path = join(folder, name);
    await writeFile(path, change(await readFile(path, 'utf8')));
    return path;
  }

  const future = (text: string) => `${text}{"step":"future"}\n`;
  const DAMAGES: readonly [string, (text: string) => string, string, string][] = [
    ['a record of another version', future, 'acme/ci', 'line 2'],
    ['a line that is no JSON', (text) => `${text}nonsense\n`, 'acme/ci', 'line 2'],
    ['nothing that can be read', (text) => text.replaceAll('{', ''), '-', 'line 1'],
  ];

  it('is in the way of no other command, and told', async () => {
    const rotating = await startRotating();
    const { machine } = rotating;
    await leaveDamaged(rotating, future);
    for (const words of [
      ['list', '--local'],
      ['list'],
      ['show', 'other'],
      ['get', 'acme/other'],
      ['verify', 'acme/other'],
      ['whoami'],
      ['place', 'acme/other', 'cursor', '--dry-run'],
      ['create', 'third'],
      ['log'],
      ['revoke', 'acme/third', '-y'],
    ]) {
      const { stderr } = await machine.run(words);
      expect(stderr).toContain(
        'A journal of unfinished work cannot be read. Next: mcpkey doctor --check rotation.pending\n',
      );
    }
  });

  it.each(DAMAGES)('fails that key alone, until it is moved away: %s', async (_what, change, subject, place) => {
    const rotating = await startRotating();
    const { machine, record } = rotating;
    const path = await leaveDamaged(rotating, change);
    const error = {
      code: 'bad_config_file',
      message: expect.stringContaining(`${path}: ${place}`),
      hint: `Mend the file, or move it away: mv ${path} ${path}.broken`,
    };
    const { stdout } = await machine.run(['rotate', '--all', '--json'], { code: 8 });
    expect(ROTATED.parse(JSON.parse(stdout))).toMatchObject([
      { ref: 'acme/ci', state: 'failed', newId: null, error },
      { ref: 'acme/other', state: 'done' },
    ]);
    const [row] = await machine.json(DOCTOR, ['doctor', '--check', 'rotation.pending'], { code: 10 });
    expect(row).toMatchObject({ subject, state: 'error', seen: error.message, fix: error.hint });
    await rename(path, `${path}.broken`);
    expect(await machine.json(ROTATED, ['rotate', 'acme/ci'])).toMatchObject([{ state: 'done' }]);
    expect((await record()).previous).toBeNull();
    expect(await machine.json(DOCTOR, ['doctor', '--check', 'rotation.pending'])).toMatchObject([{ state: 'ok' }]);
  });

  it('is what --resume fails with', async () => {
    const rotating = await startRotating();
    const { machine } = rotating;
    await leaveDamaged(rotating, future);
    const { stdout } = await machine.run(['rotate', '--resume', '--json'], { code: 1 });
    const error = { code: 'bad_config_file' };
    expect(ROTATED.parse(JSON.parse(stdout))).toMatchObject([{ ref: 'acme/ci', state: 'failed', error }]);
  });
});

it('a damaged journal of a key that was being made is told as well', async () => {
  const { machine } = await startRotating();
  const path = join(machine.home.mcpkey, 'state/journals/create-01234567.jsonl');
  await writeFile(path, '{}\n');
  expect((await machine.run(['list', '--local'])).stderr).toContain('cannot be read');
  const [row] = await machine.json(DOCTOR, ['doctor', '--check', 'rotation.pending'], { code: 10 });
  expect(row).toMatchObject({ state: 'error', seen: expect.stringContaining(path) });
});
