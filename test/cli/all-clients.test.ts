/** Every client in one go, on the built program: what is placed into all of them at once, rotated and taken out. */
import { readdirSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CHANGES } from './documents.ts';
import { type Stocked, startStocked } from './stocked.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/clients');
const SURVEY = z.array(
  z.object({
    id: z.string(),
    title: z.string(),
    found: z.boolean(),
    files: z.array(
      z.object({ scope: z.string(), path: z.string(), exists: z.boolean(), servers: z.array(z.string()) }),
    ),
    modes: z.array(z.string()),
  }),
);
const PRINTED = z.array(z.object({ client: z.string(), path: z.string().nullable(), entry: z.string() }));
/** A first one of each client, as people have it. */
const fixtureOf = (id: string): string | undefined =>
  readdirSync(join(FIXTURES, id)).find((name) => /^user\.\w+$/.test(name));

let stocked: Stocked;
let survey: z.infer<typeof SURVEY>;
/** By path: what was there before. */
const before = new Map<string, Buffer>();
const run = (...args: string[]) => stocked.machine.run(args);
const changes = (...args: string[]) => stocked.machine.json(CHANGES, args);
const bytesNow = async () =>
  new Map(await Promise.all([...before.keys()].map(async (path) => [path, await readFile(path)] as const)));

beforeAll(async () => {
  stocked = await startStocked();
  survey = await stocked.machine.json(SURVEY, ['clients']);
  for (const { id, files } of survey) {
    const [name, path] = [fixtureOf(id), files.find(({ scope }) => scope === 'user')?.path];
    if (name === undefined || path === undefined) continue;
    const bytes = await readFile(join(FIXTURES, id, name));
    before.set(path, bytes);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  }
});
afterAll(() => stocked.close());

const withFile = () => survey.flatMap(({ id, files }) => (files.some(({ path }) => before.has(path)) ? [id] : []));

describe('all clients at once', () => {
  it('knows each, finds none in an empty home, and all that have a file once that is there', async () => {
    expect(survey.length).toBeGreaterThanOrEqual(37);
    expect(survey.filter(({ found }) => found)).toEqual([]);
    const now = await stocked.machine.json(SURVEY, ['clients']);
    expect(now.flatMap(({ id, found }) => (found ? [id] : [])).sort()).toEqual(withFile().sort());
  });

  it('places into every file and takes it out again, byte for byte; a rotation needs no file', async () => {
    const ids = withFile();
    const placed = await changes('place', 'stock/ci', ...ids);
    expect(placed.map(({ client }) => client)).toEqual(ids);
    expect(placed.filter(({ changed, diff, reload }) => !changed || diff === '' || !reload)).toEqual([]);
    const after = await bytesNow();
    expect((await changes('place', 'stock/ci', ...ids)).filter(({ changed }) => changed)).toEqual([]);
    expect(await stocked.machine.filesWith(stocked.key.secret)).toEqual([]);

    await run('rotate', 'stock/ci');
    expect(await bytesNow()).toEqual(after);
    expect((await changes('unplace', 'stock/ci', ...ids)).filter(({ changed }) => !changed)).toEqual([]);
    expect(await bytesNow()).toEqual(before);
    await run('undo', '--yes');
    expect(await bytesNow()).toEqual(after);
    await run('undo', '--yes');
    expect(await bytesNow()).toEqual(before);
  });

  it('renews the key itself in every file that was asked to hold it', async () => {
    const ids = survey.flatMap(({ id, modes }) => (modes.includes('plain') && withFile().includes(id) ? [id] : []));
    expect(ids.length).toBeGreaterThan(25);
    await changes('place', 'stock/ci', ...ids, '--mode', 'plain');
    const first = (await run('get', 'stock/ci')).stdout.trim();
    expect((await stocked.machine.filesWith(first)).length).toBe(ids.length);
    await run('rotate', 'stock/ci');
    const second = (await run('get', 'stock/ci')).stdout.trim();
    expect(await stocked.machine.filesWith(first)).toEqual([]);
    expect((await stocked.machine.filesWith(second)).length).toBe(ids.length);
    await run('unplace', 'stock/ci', ...ids);
    expect(await bytesNow()).toEqual(before);
  });

  it('prints an entry for every client, those without a file too', async () => {
    const ids = survey.map(({ id }) => id);
    const printed = await stocked.machine.json(PRINTED, ['place', 'stock/ci', ...ids, '--print']);
    expect(printed.map(({ client }) => client)).toEqual(ids);
    for (const { client, path, entry } of printed) {
      expect(entry, client).toMatch(/stock\/ci/);
      expect(path === null, client).toBe(!survey.some(({ id, files }) => id === client && files.length > 0));
    }
    expect(await bytesNow()).toEqual(before);
  });

  it('places into every file of a project, the same for everyone who shares it, and leaves nothing behind', async () => {
    const dir = join(stocked.machine.home.dir, 'shop');
    await mkdir(dir);
    const project = survey.flatMap(({ id, files }) => (files.some(({ scope }) => scope === 'project') ? [id] : []));
    const ids = project.filter((id) => !['windsurf', 'amazon-q', 'antigravity'].includes(id));
    const options = ['--scope', 'project', '--dir', dir];
    const rows = await changes('place', 'stock/ci', ...ids, ...options);
    // Some read another one's file, and the entry in it is the same.
    expect(rows.flatMap(({ client, changed }) => (changed ? [] : [client]))).toEqual([
      'vscode-insiders',
      'copilot-cli',
    ]);
    expect([...new Set(rows.map(({ client }) => client))]).toEqual(ids);
    const names = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    for (const { parentPath, name } of names) {
      const text = await readFile(join(parentPath, name), 'utf8');
      expect(text, name).toContain('@shop/stock');
      expect(text, name).not.toContain(stocked.machine.home.root);
      expect(text, name).not.toMatch(/MCPKEY_|\benvs?["\s]*[:=]/);
    }
    await changes('unplace', 'stock/ci', ...ids, '--dir', dir);
    expect(await readdir(dir)).toEqual([]);
  });

  it('fits the list of clients into 80 columns, what is here first', async () => {
    const { stdout } = await run('clients');
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^CLIENT +FOUND +SERVERS +FILE/);
    const found = lines.slice(1).map((line) => / yes /.test(line));
    expect(found).toEqual([...found].sort((a, b) => Number(b) - Number(a)));
    expect(stdout).toContain('~/.cursor/mcp.json');
  });
});
