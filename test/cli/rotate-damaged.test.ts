/** A key whose secret in the store is damaged, while the store itself works. */
import { readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateIdentity } from 'age-encryption';
import { describe, expect, it } from 'vitest';
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
