import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CHANGES, KEY } from './documents.ts';
import type { Machine } from './machine.ts';
import { ROTATED, type Rotating, startRotating } from './rotation.ts';

const LOG = z.array(z.looseObject({ command: z.string(), ref: z.string().nullable() }));

const start = startRotating;
const history = (machine: Machine) => machine.json(LOG, ['log']);
const allSecrets = ({ native }: Rotating) => native.keys.flatMap((key) => key.secrets.map((one) => one.value));
const paths = ({ native }: Rotating, from = 0) =>
  native.requests.slice(from).map(({ method, path, rpc }) => [method, path, ...rpc].join(' '));

describe('rotate, create first', () => {
  it('makes a new key, revokes the old one, and sees it refused', async () => {
    const rotating = await start();
    const { machine, native, record } = rotating;
    const before = native.requests.length;
    const [row] = await machine.json(ROTATED, ['rotate', 'acme/ci']);
    expect(row).toMatchObject({ ref: 'acme/ci', oldId: 'r1', newId: 'r2', state: 'done', error: null });
    expect(native.keys.map((key) => key.revoked)).toEqual([true, false]);
    expect(await record()).toMatchObject({ id: 'r2', previous: null, status: 'active' });
    expect((await machine.run(['get', 'acme/ci'])).stdout).toBe(`${native.accepted()[0]}\n`);
    expect(await machine.filesWith(...allSecrets(rotating))).toEqual([]);
    const asked = paths(rotating, before);
    const [made, proven, revoked] = ['POST /keys', 'POST /mcp tools/list', 'POST /keys/revoke'].map((line) =>
      asked.indexOf(line),
    );
    expect([made, proven, revoked].every((at) => at !== undefined && at >= 0)).toBe(true);
    expect(made).toBeLessThan(proven ?? 0);
    expect(proven).toBeLessThan(revoked ?? 0);
    expect(row?.provedAt && row.oldRefusedAt && row.provedAt <= row.oldRefusedAt).toBe(true);
  });

  it('writes the history once, with both ids and both proofs', async () => {
    const { machine } = await start();
    const [row] = await machine.json(ROTATED, ['rotate', 'acme/ci']);
    const entries = (await history(machine)).filter((entry) => entry.command === 'rotate');
    const { oldId, newId, provedAt, oldRefusedAt } = row ?? {};
    expect(entries).toMatchObject([{ ref: 'acme/ci', oldId, newId, provedAt, oldRefusedAt, outcome: 'done' }]);
    const [head = '', ...lines] = (await machine.run(['log'])).stdout.split('\n');
    expect(head).toMatch(/OUTCOME +PROVED +OLD REFUSED$/);
    const shown = [provedAt, oldRefusedAt].map((at) => at?.replace('T', ' ').replace(/\.\d+Z$/, 'Z'));
    expect(lines.find((line) => line.includes(' rotate '))).toMatch(new RegExp(`done +${shown.join(' +')}$`));
  });

  it('renews files that hold the key itself, and leaves all others alone', async () => {
    const rotating = await start();
    const { machine, native } = rotating;
    const before = '{\n  // mine\n  "mcpServers": {}\n}\n';
    await machine.home.write('.cursor/mcp.json', before.replace('  // mine\n', ''));
    await machine.json(CHANGES, ['place', 'acme/ci', 'cursor', '--mode', 'plain']);
    await machine.json(CHANGES, ['place', 'acme/ci', 'claude-desktop']);
    await machine.json(CHANGES, [
      'place',
      'acme/ci',
      'env-file',
      '--file',
      `${machine.home.dir}/.env`,
      '--var',
      'ACME',
    ]);
    const [old = ''] = native.accepted();
    const desktop = '.config/Claude/claude_desktop_config.json';
    const [cursor, claude] = [await machine.home.read('.cursor/mcp.json'), await machine.home.read(desktop)];
    await machine.run(['rotate', 'acme/ci']);
    const [fresh = ''] = native.accepted();
    expect(await machine.home.read('.cursor/mcp.json')).toBe(cursor.replace(old, fresh));
    expect(await machine.home.read('.env')).toBe(`ACME=${fresh}\n`);
    expect(await machine.home.read(desktop)).toBe(claude);
    expect(await machine.filesWith(old)).toEqual([]);
    await machine.run(['unplace', 'acme/ci', 'cursor']);
    expect(await machine.home.read('.cursor/mcp.json')).toBe(before.replace('  // mine\n', ''));
  });

  it('keeps the old key where the new one does not work, and exits as the probe says', async () => {
    const { machine, native, record } = await start();
    native.faults.plant({ match: 'POST /mcp tools/list', action: { kind: 'answer', status: 403, body: {} } });
    const failed = await machine.run(['rotate', 'acme/ci', '--json'], { code: 4 });
    const [row] = ROTATED.parse(JSON.parse(failed.stdout));
    expect(row).toMatchObject({ state: 'failed', newId: null, error: { code: 'insufficient_scope' } });
    expect(native.keys.map((key) => key.revoked)).toEqual([false, true]);
    expect(await record()).toMatchObject({ id: 'r1', previous: null });
    expect((await machine.run(['rotate', '--resume'])).stderr).toContain('nothing to resume');
  });

  it('waits until a new value works, where the service says that it takes a while', async () => {
    const { machine, native } = await start({ settling: 700 });
    expect(await machine.json(ROTATED, ['rotate', 'acme/ci'])).toMatchObject([{ state: 'done' }]);
    expect(native.accepted()).toHaveLength(1);
  });
});

describe('rotate with --grace', () => {
  it('lets the old key live until its time, and --finish ends it', async () => {
    const { machine, native, record } = await start();
    const [row] = await machine.json(ROTATED, ['rotate', 'acme/ci', '--grace', '1s']);
    expect(row).toMatchObject({ state: 'grace', oldId: 'r1', newId: 'r2' });
    expect(native.accepted()).toHaveLength(2);
    const key = await machine.json(KEY.extend({ previous: z.looseObject({}).nullable() }), ['show', 'acme/ci']);
    expect(key.previous).toEqual({ id: 'r1', revokeAt: row?.revokeAt });
    await expect.poll(() => Date.now(), { timeout: 5_000 }).toBeGreaterThan(Date.parse(row?.revokeAt ?? ''));
    expect(await machine.json(ROTATED, ['rotate', '--finish'])).toMatchObject([
      { ref: 'acme/ci', oldId: 'r1', newId: 'r2', state: 'done' },
    ]);
    expect(native.accepted()).toHaveLength(1);
    expect((await record()).previous).toBeNull();
    expect(await machine.json(ROTATED, ['rotate', '--finish'])).toEqual([]);
  });

  it('revoking the key revokes the old one with it', async () => {
    const { machine, native, record } = await start();
    await machine.json(ROTATED, ['rotate', 'acme/ci', '--grace', '1h']);
    await machine.run(['revoke', 'acme/ci', '--yes']);
    expect(native.living()).toEqual([]);
    expect(await record()).toMatchObject({ status: 'revoked', secret: null, previous: null });
  });

  it('finishes nothing before its time, and rotating again finishes the first rotation before', async () => {
    const { machine, native } = await start();
    await machine.json(ROTATED, ['rotate', 'acme/ci', '--grace', '1h']);
    expect(await machine.json(ROTATED, ['rotate', '--finish'])).toEqual([]);
    expect(await machine.json(ROTATED, ['rotate', 'acme/ci'])).toMatchObject([
      { oldId: 'r2', newId: 'r3', state: 'done' },
    ]);
    expect(native.keys.map((key) => key.revoked)).toEqual([true, true, false]);
  });
});

describe('rotate where the service rotates by itself', () => {
  it.each([
    { id: 'same', overlap: false },
    { id: 'same', overlap: true },
    { id: 'new', overlap: false },
    { id: 'new', overlap: true },
  ] as const)('$id id, overlap $overlap', async (rotate) => {
    const { machine, native, record } = await start({ rotate });
    const newId = rotate.id === 'same' ? 'r1' : 'r2';
    expect(await machine.json(ROTATED, ['rotate', 'acme/ci'])).toMatchObject([{ oldId: 'r1', newId, state: 'done' }]);
    expect(native.accepted()).toHaveLength(1);
    expect(await record()).toMatchObject({ id: newId, previous: null });
    expect((await machine.run(['get', 'acme/ci'])).stdout).toBe(`${native.accepted()[0]}\n`);
    expect(native.requests.filter(({ path }) => path === '/keys/rotate')).toHaveLength(1);
  });

  it.each(['same', 'new'] as const)('grants a grace by the overlap, %s id', async (id) => {
    const { machine, native } = await start({ rotate: { id, overlap: true } });
    const [row] = await machine.json(ROTATED, ['rotate', 'acme/ci', '--grace', '2s']);
    expect(row).toMatchObject({ state: 'grace' });
    expect(native.accepted()).toHaveLength(2);
    await expect.poll(() => Date.now(), { timeout: 5_000 }).toBeGreaterThan(Date.parse(row?.revokeAt ?? ''));
    expect(await machine.json(ROTATED, ['rotate', '--finish'])).toMatchObject([{ state: 'done' }]);
    expect(native.accepted()).toHaveLength(1);
  });

  it('makes a second key instead where only that gives the grace', async () => {
    const { machine, native } = await start({ rotate: { id: 'new', overlap: false } });
    expect(await machine.json(ROTATED, ['rotate', 'acme/ci', '--grace', '1h'])).toMatchObject([{ state: 'grace' }]);
    expect(native.requests.filter(({ path }) => path === '/keys/rotate')).toHaveLength(0);
  });
});

describe('rotate where one key may be active', () => {
  it('says how, and changes nothing, where nobody agrees to the gap', async () => {
    const { machine, native } = await start({ oneKey: true });
    const { stdout } = await machine.run(['rotate', 'acme/ci', '--json'], { code: 1 });
    const [row] = ROTATED.parse(JSON.parse(stdout));
    expect(row).toMatchObject({ state: 'failed', error: { code: 'refused' } });
    expect(row?.error?.hint).toContain('--order revoke-first');
    expect(native.accepted()).toHaveLength(1);
    const refused = await machine.run(['rotate', 'acme/ci', '--order', 'revoke-first', '--json'], { code: 2 });
    expect(ROTATED.parse(JSON.parse(refused.stdout))).toMatchObject([{ state: 'failed', error: { code: 'usage' } }]);
    expect(native.accepted()).toHaveLength(1);
  });

  it.each([[['--yes']], [['--yes', '--order', 'revoke-first']]])('revokes first with %j', async (words) => {
    const { machine, native } = await start({ oneKey: true });
    expect(await machine.json(ROTATED, ['rotate', 'acme/ci', ...words])).toMatchObject([
      { oldId: 'r1', newId: 'r2', state: 'done' },
    ]);
    expect(native.keys.map((key) => key.revoked)).toEqual([true, false]);
  });
});

describe('rotate where only a person can revoke', () => {
  it('waits for the person, and takes the key not again meanwhile', async () => {
    const { machine, native, record } = await start({ revokeByHand: true });
    const { stdout, stderr } = await machine.run(['rotate', 'acme/ci', '--json']);
    expect(ROTATED.parse(JSON.parse(stdout))).toMatchObject([
      { state: 'awaiting-revoke', revokeAt: null, error: null },
    ]);
    expect(stderr).toContain('https://acme.example/keys');
    expect((await record()).previous).toMatchObject({ id: 'r1', revokeAt: null });
    const before = (await history(machine)).length;
    expect(await machine.json(ROTATED, ['rotate', '--all'])).toMatchObject([{ oldId: 'r1', state: 'awaiting-revoke' }]);
    await machine.run(['rotate', '--finish']);
    await machine.run(['rotate', 'acme/ci'], { code: 1 });
    expect(native.keys).toHaveLength(2);
    expect(await history(machine), 'what changed nothing').toHaveLength(before);
    native.revoke('r1');
    expect(await machine.json(ROTATED, ['rotate', '--finish'])).toMatchObject([
      { oldId: 'r1', newId: 'r2', state: 'done' },
    ]);
    expect((await record()).previous).toBeNull();
  });

  it('leaves a grace that runs as it is where another rotation is asked for, and ends it where the person was there', async () => {
    const { machine, native, record } = await start({ revokeByHand: true });
    await machine.run(['rotate', 'acme/ci', '--grace', '1h']);
    const [before, told] = [await record(), await history(machine)];
    const { stdout } = await machine.run(['rotate', 'acme/ci', '--json'], { code: 1 });
    const hint = 'Revoke it in the dashboard, then: mcpkey rotate acme/ci';
    expect(ROTATED.parse(JSON.parse(stdout))).toMatchObject([
      { oldId: 'r1', newId: null, state: 'failed', error: { code: 'conflict', hint } },
    ]);
    expect(await record()).toEqual(before);
    expect(await history(machine)).toEqual(told);
    native.revoke('r1');
    expect(await machine.json(ROTATED, ['rotate', 'acme/ci'])).toMatchObject([{ oldId: 'r2', newId: 'r3' }]);
  });
});
