import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyFolder } from './helpers/folder.ts';
import { keyRecord, ledgerAt } from './helpers/records.ts';
import { bundleScript, startScript } from './helpers/script.ts';

describe('keys', () => {
  it('are added once, read, changed and removed', async () => {
    const ledger = ledgerAt(await emptyFolder());
    expect(await ledger.keys()).toEqual([]);
    expect(await ledger.key('stock', 'ci')).toBeUndefined();
    await ledger.add(keyRecord());
    await expect(ledger.add(keyRecord({ id: '43' }))).rejects.toMatchObject({ code: 'conflict' });
    expect(await ledger.key('stock', 'ci')).toEqual(keyRecord());
    const changed = await ledger.update('stock', 'ci', (record) => ({ ...record, status: 'revoked' }));
    expect(changed).toEqual(keyRecord({ status: 'revoked' }));
    expect(await ledger.keys('stock')).toEqual([changed]);
    expect(await ledger.remove('stock', 'ci')).toBe(true);
    expect(await ledger.remove('stock', 'ci')).toBe(false);
    expect(await ledger.keys()).toEqual([]);
  });

  it('of an unknown name cannot be changed', async () => {
    const change = ledgerAt(await emptyFolder()).update('stock', 'none', (record) => record);
    await expect(change).rejects.toMatchObject({ code: 'not_found' });
  });

  it('keep what a newer version wrote beside the fields that are known', async () => {
    const dir = await emptyFolder();
    const ledger = ledgerAt(dir);
    await ledger.add(keyRecord());
    const file = ledger.generationFile('stock', 'ci');
    writeFileSync(file, JSON.stringify({ ...keyRecord(), tomorrow: { a: 1 } }));
    await ledger.update('stock', 'ci', (record) => ({ ...record, id: '43' }));
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ id: '43', tomorrow: { a: 1 } });
  });

  it('may have any two different names, on any file system', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1 }), { maxLength: 5 }),
        async (names) => {
          const ledger = ledgerAt(await emptyFolder());
          for (const name of ['CI', 'ci', 'Ci', ...names.filter((name) => name.toLowerCase() !== 'ci')]) {
            await ledger.add(keyRecord({ name, profile: `p ${name}` }));
            expect(await ledger.keys(`p ${name}`)).toEqual([keyRecord({ name, profile: `p ${name}` })]);
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  it('lie in files of the user alone, and a change is seen by the file’s inode', async () => {
    const dir = await emptyFolder();
    const ledger = ledgerAt(dir);
    await ledger.add(keyRecord());
    const before = statSync(ledger.generationFile('stock', 'ci'));
    expect(before.mode & 0o777).toBe(0o600);
    expect(statSync(join(dir, 'data/ledger')).mode & 0o777).toBe(0o700);
    await ledger.update('stock', 'ci', (record) => record);
    expect(statSync(ledger.generationFile('stock', 'ci')).ino).not.toBe(before.ino);
  });

  it.each([
    ['{"profile": "stock",', /ci\.json: line 1, column 21: not valid JSON\. It was left as it is\./],
    ['[]', /ci\.json: not a JSON object/],
    ['{"profile":"stock"}', /ci\.json: not a record of a key/],
    ['', /ci\.json: line 1, column 1: not valid JSON/],
  ])('in a broken file (%s) are refused and the file is kept', async (text, message) => {
    const dir = await emptyFolder();
    const ledger = ledgerAt(dir);
    mkdirSync(join(dir, 'data/ledger/stock'), { recursive: true });
    const file = join(dir, 'data/ledger/stock/ci.json');
    writeFileSync(file, text);
    const attempts = [
      () => ledger.keys(),
      () => ledger.key('stock', 'ci'),
      () => ledger.add(keyRecord()),
      () => ledger.update('stock', 'ci', (record) => record),
    ];
    for (const attempt of attempts) {
      await expect(attempt()).rejects.toMatchObject({
        code: 'bad_config_file',
        message: expect.stringMatching(message),
      });
    }
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('are read quickly when there are 10,000', async () => {
    const dir = await emptyFolder();
    const folder = join(dir, 'data/ledger/stock');
    mkdirSync(folder, { recursive: true });
    for (let count = 0; count < 10_000; count += 1) {
      writeFileSync(join(folder, `k${count}.json`), JSON.stringify(keyRecord({ name: `k${count}` })));
    }
    const began = performance.now();
    expect(await ledgerAt(dir).keys()).toHaveLength(10_000);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

describe('history', () => {
  it('chains what is recorded at once in its order, and tells each its own', async () => {
    const dir = await emptyFolder();
    const ledger = ledgerAt(dir);
    const commands = Array.from({ length: 40 }, (_, at) => `c${at}`);
    const told = await Promise.all(commands.map((command) => ledger.record({ command })));
    expect(told.map(({ command }) => command)).toEqual(commands);
    expect(await ledger.history()).toEqual(told);
    expect(await ledger.verifyHistory()).toBeUndefined();
  });

  it('tells a fault to all who wait, and goes on', async () => {
    const dir = await emptyFolder();
    const ledger = ledgerAt(dir);
    mkdirSync(join(dir, 'state/log'), { recursive: true });
    const outcomes = await Promise.allSettled(['a', 'b', 'c'].map((command) => ledger.record({ command })));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    rmSync(join(dir, 'state/log'), { recursive: true });
    await ledger.record({ command: 'd' });
    expect((await ledger.history()).map(({ command }) => command)).toEqual(['d']);
  });

  it('fills in who, when, where and which run, and is chained', async () => {
    const dir = await emptyFolder();
    const env = { GITHUB_SERVER_URL: 'https://git.example', GITHUB_REPOSITORY: 'a/b', GITHUB_RUN_ID: '7' };
    const ledger = ledgerAt(dir, env);
    expect(await ledger.history()).toEqual([]);
    const first = await ledger.record({ command: 'create', ref: 'stock/ci', newId: '42', undoable: true });
    await ledger.record({ command: 'revoke', id: 'chosen', outcome: 'failed' });
    expect(first).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{10}$/),
      at: '2026-11-21T12:00:00.000Z',
      actor: 'ann',
      host: 'laptop',
      run: 'https://git.example/a/b/actions/runs/7',
      command: 'create',
      ref: 'stock/ci',
      oldId: null,
      newId: '42',
      provedAt: null,
      oldRefusedAt: null,
      outcome: 'done',
      undoable: true,
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect((await ledger.history()).map((entry) => [entry.command, entry.id])).toEqual([
      ['create', first.id],
      ['revoke', 'chosen'],
    ]);
    expect(await ledger.verifyHistory()).toBeUndefined();
    expect(statSync(join(dir, 'state/log')).mode & 0o777).toBe(0o600);
  });

  it('knows the run of GitLab, and none elsewhere', async () => {
    const dir = await emptyFolder();
    const gitlab = ledgerAt(dir, { CI_JOB_URL: 'https://gitlab.example/j/1' });
    expect((await gitlab.record({ command: 'a' })).run).toBe('https://gitlab.example/j/1');
    expect((await ledgerAt(dir).record({ command: 'b' })).run).toBeNull();
  });

  /** Three entries; the file's lines and the entries' ids. */
  async function threeEntries() {
    const dir = await emptyFolder();
    const ledger = ledgerAt(dir);
    const ids: string[] = [];
    for (const command of ['one', 'two', 'three']) ids.push((await ledger.record({ command })).id);
    const file = join(dir, 'state/log');
    return { ledger, file, ids, lines: readFileSync(file, 'utf8').trimEnd().split('\n') };
  }

  it.each<[string, (lines: string[]) => string[], first: number]>([
    ['changed', ([a = '', b = '', c = '']) => [a, b.replace('"two"', '"2"'), c], 1],
    ['taken out', ([a = '', , c = '']) => [a, c], 2],
    ['moved', ([a = '', b = '', c = '']) => [b, a, c], 1],
    ['put in twice', ([a = '', b = '', c = '']) => [a, b, b, c], 1],
    ['taken from the beginning', ([, b = '', c = '']) => [b, c], 1],
  ])('shows an entry that was %s', async (_how, change, first) => {
    const { ledger, file, ids, lines } = await threeEntries();
    writeFileSync(file, `${change(lines).join('\n')}\n`);
    expect(await ledger.verifyHistory()).toBe(ids[first]);
  });

  it('names a line that is no entry, and goes on behind it', async () => {
    const { ledger, file, lines } = await threeEntries();
    writeFileSync(file, `${lines[0]}\nnonsense\n`);
    await expect(ledger.history()).rejects.toMatchObject({ code: 'bad_config_file' });
    await expect(ledger.history()).rejects.toThrow('line 2: not an entry');
    await ledger.record({ command: 'four' });
    expect(readFileSync(file, 'utf8')).toContain('\nnonsense\n{');
    expect(await ledger.verifyHistory()).toBe('line 2');
  });

  it('drops what a crash left of an entry, and nothing more', async () => {
    const { ledger, file, lines } = await threeEntries();
    appendFileSync(file, '{"id":"cut o');
    expect(await ledger.history()).toHaveLength(3);
    await ledger.record({ command: 'four' });
    expect(await ledger.history()).toHaveLength(4);
    expect(await ledger.verifyHistory()).toBeUndefined();

    writeFileSync(file, lines.join('\n'));
    expect(await ledger.history(), 'an entry without its line end').toHaveLength(3);
    await ledger.record({ command: 'four' });
    expect(await ledger.history()).toHaveLength(4);
    expect(await ledger.verifyHistory()).toBeUndefined();
  });

  it('is chained when it is longer than what is read of it', async () => {
    const dir = await emptyFolder();
    const ledger = ledgerAt(dir);
    for (let count = 0; count < 12; count += 1) await ledger.record({ command: 'x', ref: 'r'.repeat(9_000) });
    expect(await ledger.history()).toHaveLength(12);
    expect(await ledger.verifyHistory()).toBeUndefined();
  });
});

describe('bindings', () => {
  const here = { ref: 'stock/ci', dir: '/home/ann/shop' };

  it('are kept by project and server', async () => {
    const dir = await emptyFolder();
    const ledger = ledgerAt(dir);
    expect(await ledger.binding('shop', 'stock')).toBeUndefined();
    await ledger.bind('shop', 'stock', here);
    expect(await ledger.binding('shop', 'stock')).toEqual(here);
    expect(await ledger.binding('shop', 'money')).toBeUndefined();
    expect(await ledger.keys(), 'are no keys').toEqual([]);
    await ledger.unbind('shop', 'stock');
    await ledger.unbind('shop', 'stock');
    expect(await ledger.binding('shop', 'stock')).toBeUndefined();
  });

  it('may change in their folder, and be shared by folders that want the same key', async () => {
    const ledger = ledgerAt(await emptyFolder());
    await ledger.bind('shop', 'stock', here);
    await ledger.bind('shop', 'stock', { ...here, ref: 'stock/new' });
    await ledger.bind('shop', 'stock', { dir: '/elsewhere/shop', ref: 'stock/new' });
    expect(await ledger.binding('shop', 'stock')).toEqual({ dir: '/elsewhere/shop', ref: 'stock/new' });
  });

  it('of another folder are not taken over', async () => {
    const ledger = ledgerAt(await emptyFolder());
    await ledger.bind('shop', 'stock', here);
    const other = ledger.bind('shop', 'stock', { dir: '/evil/shop', ref: 'money/all' });
    await expect(other).rejects.toMatchObject({ code: 'conflict' });
    expect(await ledger.binding('shop', 'stock')).toEqual(here);
  });
});

describe('8 processes that write at once', () => {
  it('lose no key, no change and no entry of the history', async () => {
    const dir = await emptyFolder();
    const script = await bundleScript('test/scripts/write-ledger.ts');
    const ledger = ledgerAt(dir);
    await ledger.add(keyRecord({ name: 'shared', id: '0' }));
    const times = 8;
    const scripts = Array.from({ length: 8 }, (_, who) => startScript(script, [dir, `w${who}`, String(times)]));
    for (const one of scripts) expect(await one.ended, one.output()).toBe(0);
    expect(await ledger.keys('stock')).toHaveLength(8 * times + 1);
    expect((await ledger.key('stock', 'shared'))?.id).toBe(String(8 * times));
    expect(await ledger.history()).toHaveLength(8 * times);
    expect(await ledger.verifyHistory()).toBeUndefined();
    expect(readdirSync(join(dir, 'state/locks')), 'no lock is left').toEqual([]);
    expect(readdirSync(join(dir, 'data/ledger/stock')).filter((name) => !name.endsWith('.json'))).toEqual([]);
  });
});
