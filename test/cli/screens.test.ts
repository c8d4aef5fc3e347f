/**
 * What people see, on real terminals of 60, 80 and 200 columns. The screens lie in test/fixtures/screens; after a change
 * that is meant, look at what `npx vitest run test/cli/screens.test.ts -u` makes of them.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasPrograms } from '../helpers/programs.ts';
import { screen } from '../helpers/screen.ts';
import { type Stocked, startStocked } from './stocked.ts';

let stocked: Stocked;
beforeAll(async () => {
  stocked = await startStocked();
  const { machine } = stocked;
  await machine.run(['create', '行情-夜间', '--expires', '5d', '--place', 'cursor']);
  await machine.run(['create', 'rocket-🚀-key', '--expires', 'never']);
  await machine.run(['place', 'stock/ci', 'claude-code', '--name', 'prices']);
  await machine.run(['profile', 'add', 'generic', '-p', 'acme', '--mcp-url', 'http://127.0.0.1:10000/mcp']);
});
afterAll(() => stocked.close());

const home = () => stocked.machine.home;
/** Ports, days, made-up values and the name of the folder stand for themselves; all keep their width. */
const steady = (text: string): string =>
  text
    .replace(/127\.0\.0\.1:\d{5}/g, '127.0.0.1:00000')
    .replace(/\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d:\d\dZ?)?/g, (time) => time.replace(/\d/g, '0'))
    .replace(/\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d\d [A-Z][a-z]{2}\b/g, 'Day 00 Mon')
    .replace(/\bsk-[0-9a-f]{4}\b/g, 'sk-0000')
    .replace(/mcpkey-test-(\w+)/g, (_, name: string) => `mcpkey-test-${'X'.repeat(name.length)}`)
    .replace(/-mk[0-9a-f]{8}\b/g, '-mk00000000')
    .replace(/just now|\b\d min ago/g, 'just now');

const SCREENS: readonly (readonly [name: string, words: readonly string[]])[] = [
  ['overview', []],
  ['list', ['list']],
  ['list-local', ['list', '--local', '--all-profiles']],
  ['show', ['show', 'stock/行情-夜间']],
  ['profiles', ['profile', 'list']],
  ['providers', ['provider', 'list']],
  ['whoami', ['whoami']],
  ['usage', ['usage', '--days', '12']],
  ['rotate-plan', ['rotate', '--all', '--dry-run']],
  ['help-completion', ['help', 'completion']],
  ['help-error', ['help', 'errors', 'internal']],
  ['unknown-word', ['lst']],
  ['unknown-key', ['show', 'stock/cj']],
];

describe.runIf(hasPrograms('tmux')).each([60, 80, 200])('on %i columns', (columns) => {
  it.each(SCREENS)('%s', async (name, words) => {
    const shown = steady(await screen(words, { home: home(), columns }));
    await expect(shown).toMatchFileSnapshot(`../fixtures/screens/${name}-${columns}.txt`);
  });
});

describe.runIf(hasPrograms('tmux'))('a machine in trouble', () => {
  let troubled: Stocked;
  beforeAll(async () => {
    troubled = await startStocked();
    const { machine, sandbox } = troubled;
    await machine.run(['place', 'stock/ci', 'cursor']);
    for (const key of sandbox.keys('stock-data')) key.revoked = true;
    const value = ['made', 'up', 'value', '123456789'].join('-');
    const other = { command: 'npx', args: ['-y', '@acme/mcp'], env: { ACME_API_KEY: value } };
    await machine.home.write('.claude.json', JSON.stringify({ mcpServers: { acme: other } }, undefined, 2));
    await machine.home.write('.codex/config.toml', '[mcp_servers.one]\ncommand = "npx"\nargs = [\n');
  });
  afterAll(() => troubled.close());

  describe.each([60, 80, 200])('on %i columns', (columns) => {
    it.each([
      ['overview', []],
      ['doctor', ['doctor']],
      ['doctor-one', ['doctor', '--check', 'key.probe']],
    ] as const)('%s', async (name, words) => {
      const shown = steady(await screen(words, { home: troubled.machine.home, columns, rows: 120 }));
      await expect(shown).toMatchFileSnapshot(`../fixtures/screens/${name}-trouble-${columns}.txt`);
    });
  });
});

it.runIf(hasPrograms('tmux'))('styles end where they should', async () => {
  const shown = steady(await screen([], { home: home(), columns: 80, styles: true }));
  await expect(shown).toMatchFileSnapshot('../fixtures/screens/overview-80-styles.txt');
});
