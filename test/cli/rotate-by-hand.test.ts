/** Services that have only a dashboard: the person makes the key and revokes it, and mcpkey sees to the rest. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ENTER, terminal } from '../helpers/terminal.ts';
import { CHANGES, KEY, REVOKED } from './documents.ts';
import { ROTATED, startRotating } from './rotation.ts';

const start = () => startRotating({ createByHand: true, revokeByHand: true });
const read = (stdout: string) => ROTATED.parse(JSON.parse(stdout));

describe('rotate by hand', () => {
  it('takes the new key from stdin, and waits until the old one is revoked', async () => {
    const { machine, native } = await start();
    await machine.json(CHANGES, ['place', 'acme/ci', 'cursor', '--mode', 'plain']);
    const input = native.make('ci');
    const { stdout, stderr } = await machine.run(['rotate', 'acme/ci', '--stdin', '--json'], { input });
    const [row] = read(stdout);
    expect(row).toMatchObject({ state: 'awaiting-revoke', newId: expect.stringMatching(/^m_[0-9a-f]{12}$/) });
    expect(stdout + stderr).not.toContain(input);
    expect(stderr).toContain('https://acme.example/keys');
    expect(stderr).not.toContain('Make a key');
    expect(await machine.home.read('.cursor/mcp.json')).toContain(input);
    expect((await machine.run(['get', 'acme/ci'])).stdout).toBe(`${input}\n`);
    expect(read((await machine.run(['rotate', '--finish', '--json'])).stdout)).toMatchObject([
      { state: 'awaiting-revoke' },
    ]);
    native.revoke('r1');
    expect(read((await machine.run(['rotate', '--finish', '--json'])).stdout)).toMatchObject([{ state: 'done' }]);
  });

  it('ends at once where the old key is revoked already', async () => {
    const { machine, native } = await start();
    const input = native.make('ci');
    native.revoke('r1');
    const { stdout } = await machine.run(['rotate', 'acme/ci', '--stdin', '--json'], { input });
    expect(read(stdout)).toMatchObject([{ state: 'done', oldRefusedAt: expect.any(String) }]);
  });

  it.each([
    ['nobody there and nothing piped in', [], undefined],
    ['a key of the wrong form', ['--stdin'], 'not-a-key'],
  ])('%s: exit 2, and nothing changed', async (_what, words, input) => {
    const { machine, record } = await start();
    const before = await record();
    const finished = await machine.run(['rotate', 'acme/ci', ...words, '--json'], {
      code: 2,
      ...(input ? { input } : {}),
    });
    const [row] = read(finished.stdout);
    expect(row).toMatchObject({ state: 'failed', error: { code: 'usage' } });
    if (!input) expect(row?.error?.hint).toContain('printf %s "$KEY" | mcpkey rotate acme/ci --stdin');
    expect(await record()).toEqual(before);
    expect((await machine.run(['rotate', '--resume'])).stderr).toContain('nothing to resume');
  });

  it('the old key again is no new one', async () => {
    const { machine, native } = await start();
    const [input = ''] = native.accepted();
    const { stdout } = await machine.run(['rotate', 'acme/ci', '--stdin', '--json'], { code: 2, input });
    expect(read(stdout)).toMatchObject([{ state: 'failed', error: { code: 'usage' } }]);
    expect(native.accepted()).toEqual([input]);
  });

  it('a key that does not work is not taken', async () => {
    const { machine, native, record } = await start();
    const input = native.make('ci');
    native.revoke('r2');
    const { stdout, stderr } = await machine.run(['rotate', 'acme/ci', '--stdin', '--json'], { code: 3, input });
    expect(read(stdout)).toMatchObject([{ state: 'failed', error: { code: 'invalid_api_key' } }]);
    // Nothing lives that is to be revoked but the key in use.
    expect(stderr).not.toContain('evoke');
    expect((await record()).previous).toBeNull();
    expect((await machine.run(['verify', 'acme/ci'])).code).toBe(0);
  });

  it('a key that lives and may do too little is to be revoked by its beginning, and the old one stays', async () => {
    const { machine, native } = await start();
    const input = native.make('ci');
    native.faults.plant({ match: 'POST /mcp', times: 9, action: { kind: 'answer', status: 403, body: {} } });
    const { stderr } = await machine.run(['rotate', 'acme/ci', '--stdin'], { code: 4, input });
    expect(stderr).toMatch(/Revoke roll_\w*… at Acme Rolls; the old key of acme\/ci stays/);
    expect(stderr).not.toContain('"ci"');
    expect(stderr).not.toContain(input);
  });

  it('without a terminal the hint says what to pipe in, at the beginning and to resume', async () => {
    const { machine, native } = await start();
    const first = await machine.run(['rotate', 'acme/ci', '--json'], { code: 2 });
    expect(read(first.stdout)[0]?.error?.hint).toContain('| mcpkey rotate acme/ci --stdin');
    native.revoke('r1');
    const words = ['rotate', 'acme/ci', '--order', 'revoke-first', '--yes', '--json'];
    const { stdout } = await machine.run(words, { code: 8 });
    const resume = ['rotate', 'acme/ci', '--resume', '--stdin'];
    expect(read(stdout)).toMatchObject([
      { state: 'resumable', error: { hint: expect.stringContaining(`| mcpkey ${resume.join(' ')}`) } },
    ]);
    expect(await machine.json(ROTATED, resume, { input: native.make('ci') })).toMatchObject([{ state: 'done' }]);
  });

  describe('in the gap of revoke-first', () => {
    const words = ['rotate', 'acme/ci', '--order', 'revoke-first', '--yes'];
    const resume = ['rotate', 'acme/ci', '--resume'];

    /** The old key is revoked, and a key that does not work was given for the new one. */
    async function inGap() {
      const rotating = await start();
      const { machine, native } = rotating;
      native.revoke('r1');
      const dead = native.make('ci');
      native.revoke('r2');
      const { stdout } = await machine.run([...words, '--stdin', '--json'], { input: dead, code: 8 });
      expect(read(stdout)).toMatchObject([
        { state: 'resumable', error: { code: 'invalid_api_key', hint: expect.stringContaining(resume.join(' ')) } },
      ]);
      return rotating;
    }

    it('a key that is refused is replaced by --resume', async () => {
      const { machine, native, record } = await inGap();
      const asked = await machine.run([...resume, '--json'], { code: 8 });
      const hint = expect.stringContaining(`| mcpkey ${resume.join(' ')} --stdin`);
      expect(read(asked.stdout)).toMatchObject([{ state: 'resumable', error: { code: 'usage', hint } }]);
      expect(asked.stderr).toContain('the key that was given is refused, so another is needed');
      const input = native.make('ci');
      expect(await machine.json(ROTATED, [...resume, '--stdin'], { input })).toMatchObject([{ state: 'done' }]);
      expect((await machine.run(['get', 'acme/ci'])).stdout).toBe(`${input}\n`);
      expect((await record()).status).toBe('active');
    });

    it('a key that is refused is asked for again on a terminal', async () => {
      const { machine, native } = await inGap();
      const screen = terminal(resume, { home: machine.home });
      await screen.shows(/the key that was given is refused, so another is needed[\s\S]*Paste the key/);
      const value = native.make('ci');
      screen.type(`${value}${ENTER}`);
      expect(await screen.ended, screen.text).toBe(0);
      expect(screen.raw).not.toContain(value);
      expect((await machine.run(['get', 'acme/ci'])).stdout).toBe(`${value}\n`);
    });

    it('a key that took its time is taken by --resume, without another', async () => {
      const { machine, native } = await inGap();
      const made = native.keys.find(({ id }) => id === 'r2');
      if (made) made.revoked = false;
      expect(await machine.json(ROTATED, resume)).toMatchObject([{ state: 'done' }]);
      expect((await machine.run(['get', 'acme/ci'])).stdout).toBe(`${native.accepted()[0]}\n`);
    });

    it('the key is listed as revoked, and get says what it waits for', async () => {
      const { machine } = await inGap();
      expect(await machine.json(z.array(KEY), ['list'])).toMatchObject([{ ref: 'acme/ci', status: 'revoked' }]);
      const failure = await machine.fails(['get', 'acme/ci']);
      expect(failure).toMatchObject({ exit: 5, code: 'not_found', hint: 'mcpkey rotate acme/ci --resume' });
    });

    it('doctor says that no key works, and what ends that', async () => {
      const { machine } = await inGap();
      const { stdout } = await machine.run(['doctor', '--check', 'rotation.pending', '--json'], { code: 10 });
      expect(JSON.parse(stdout)).toMatchObject([
        { subject: 'acme/ci', state: 'error', fix: 'mcpkey rotate acme/ci --resume' },
      ]);
    });

    it('its name is in use, and its profile is not let go of', async () => {
      const { machine, native, record } = await inGap();
      const before = await record();
      const input = native.make('another');
      const failure = await machine.fails(['import', 'ci', '-p', 'acme', '--stdin'], { input, code: 1 });
      expect(failure).toMatchObject({ code: 'conflict', hint: expect.stringContaining('mcpkey rotate acme/ci') });
      expect(await machine.fails(['profile', 'remove', 'acme'], { code: 1 })).toMatchObject({ code: 'conflict' });
      expect(await record()).toEqual(before);
    });

    it('a key that is revoked gets no successor', async () => {
      const { machine, native, record } = await inGap();
      expect(await machine.json(REVOKED, ['revoke', 'acme/ci', '--yes'])).toMatchObject([{ state: 'revoked' }]);
      const { stdout } = await machine.run([...resume, '--stdin', '--json'], { input: native.make('ci'), code: 1 });
      expect(read(stdout)).toMatchObject([{ state: 'failed', error: { code: 'conflict' } }]);
      expect(await record()).toMatchObject({ status: 'revoked', secret: null });
      expect((await machine.run(['rotate', '--resume'])).stderr).toContain('nothing to resume');
    });
  });

  it.each([[[]], [['--dry-run']]])('is passed over by --all where nobody is there, and told: %j', async (words) => {
    const { machine } = await start();
    const { stdout } = await machine.run(['rotate', '--all', ...words, '--json']);
    expect(read(stdout)).toMatchObject([{ state: 'skipped', error: { code: 'usage' } }]);
  });
});
