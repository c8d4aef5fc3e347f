/** Checks side by side: one that crashes, hangs or lacks what it needs is a result like any other. */
import { expect, test } from 'vitest';
import { command as state } from '../../src/commands/state.ts';
import { failure, ok, together, warning } from '../../src/doctor/findings.ts';
import { CHECK_IDS } from '../../src/doctor/ids.ts';
import { CHECKS } from '../../src/doctor/index.ts';
import { limitOf, runCheck } from '../../src/doctor/run.ts';
import { versionFinding } from '../../src/doctor/runtime.version.ts';
import { fieldsOf } from '../../src/doctor/scope/fields.ts';
import { minuteOf, remedyOf } from '../../src/doctor/scope/words.ts';
import type { Check, Look, Scope } from '../../src/doctor/types.ts';
import { formatWait } from '../../src/duration.ts';
import { UserError } from '../../src/errors.ts';
import { createIo } from '../../src/io/create.ts';
import { createContext } from '../../src/setup.ts';

const LIMIT = 40;
const never = () => new Promise<never>(() => undefined);
const looking = (look: Look['look']): Check => ({
  ...CHECKS['key.form'],
  looks: async () => [
    { subject: 'a', look },
    { subject: 'b', look: async () => ok('fine') },
  ],
});
async function emptyContext(profile?: string) {
  const { stdin, stdout, stderr } = process;
  const [env, { signal }] = [{ MCPKEY_HOME: '/nowhere' }, new AbortController()];
  const flags = { json: false, quiet: false, verbose: false, noInput: true, yes: true };
  const io = await createIo({ stdin, stdout, stderr, env, signal, ...flags, noColor: true });
  const options = { ...flags, profile, store: undefined, timeout: undefined, maxWait: undefined };
  return createContext({ env, io, options, signal, cwd: '/nowhere' });
}

const context = await emptyContext();
/** None of these checks looks at anything. */
const unused = () => Promise.reject(new Error('nothing is looked at'));
const parts = { keys: unused, connection: unused, remote: unused, reach: unused, answer: unused, usable: unused };
const kind = await context.vault.kind('age');
/** A store that does not work. */
const stores: Scope['stores'] = async () => {
  const about = { kind, current: true, secrets: 1 };
  const error = new UserError('store_locked', 'locked');
  const state = { available: false, persistent: null, detail: error.message };
  return [{ ...about, tried: async () => ({ ...about, state, error }) }];
};
const more = { stores, clients: unused, placements: unused, toSync: unused, clear: unused, started: unused };
const variables = unused;
const scope: Scope = { context, maxAge: 0, deep: false, limit: LIMIT, ...parts, ...more, variables };
const states = async (check: Check) =>
  (await runCheck(check, scope, LIMIT)).map(({ subject, state }) => [subject, state]);

test.each<[what: string, look: Look['look'], state: string]>([
  ['throws what nobody thought of', () => Promise.reject(new TypeError('x is undefined')), 'error'],
  ['never ends', never, 'error'],
  ['is refused', () => Promise.reject(new UserError('refused', 'no')), 'error'],
  ['has no store', () => Promise.reject(new UserError('store_locked', 'locked')), 'skipped'],
  ['cannot read one secret', () => Promise.reject(new UserError('store_locked', 'not for you')), 'error'],
  ['has a broken file', () => Promise.reject(new UserError('bad_config_file', 'line 1')), 'skipped'],
])('a look that %s leaves the others alone', async (_what, look, state) => {
  expect(await states(looking(look))).toEqual([
    ['a', state],
    ['b', 'ok'],
  ]);
});

test('a check whose subjects are never found is one result', async () => {
  expect(await states({ ...CHECKS['key.form'], looks: never })).toEqual([['-', 'error']]);
});

test('the store itself is not passed over', async () => {
  const check = {
    ...looking(() => Promise.reject(new UserError('store_locked', 'locked'))),
    id: 'store.available',
  } as const;
  expect(await states(check)).toEqual([
    ['a', 'error'],
    ['b', 'ok'],
  ]);
});

test.each([
  ['gemini-cli', { url: 'httpUrl', headers: 'headers', command: 'command', env: 'env' }],
  ['windsurf', { url: 'serverUrl', headers: 'headers', command: 'command', env: 'env' }],
  ['codex', { url: 'url', headers: 'http_headers', command: 'command', env: 'env' }],
  ['goose', { url: 'uri', headers: 'headers', command: 'cmd', env: 'envs' }],
  ['opencode', { url: 'url', headers: 'headers', command: 'command', env: 'environment', isList: true }],
  ['claude-desktop', { url: undefined, headers: undefined, command: 'command', env: 'env' }],
])('the fields of %s are named as it reads them', async (id, fields) => {
  expect(fieldsOf(await context.client(id), 'linux')).toMatchObject(fields);
});

test('a short time-out leaves a probe of two requests the time to say which was not answered', () => {
  expect(limitOf(1_000)).toBeGreaterThan(2_000);
  expect(limitOf(30_000)).toBeLessThan(32_000);
});

test('a remedy names what it is about, as a shell takes it', () => {
  const about = { profile: 'my stock', ref: 'my stock/ci' };
  const remedy = (hint: string) => remedyOf(new UserError('refused', 'no', { hint }), about);
  expect(remedy('mcpkey profile set PROFILE --allow-http')).toBe("mcpkey profile set 'my stock' --allow-http");
  expect(remedy('Replace it: mcpkey rotate KEY')).toBe("Replace it: mcpkey rotate 'my stock/ci'");
});

test('neither the state of the machine nor its doctor knows a profile that is not there', async () => {
  const other = await emptyContext('nobody');
  const words = { args: [], options: {}, rest: [] };
  await expect(async () => state.run(other, words)).rejects.toMatchObject({ code: 'not_found' });
});

test('several findings of one subject are one, with one line that mends all', () => {
  const one = warning('One.', 'mcpkey place a b');
  const two = failure('Two.', 'chmod 600 c');
  expect(together([ok('Fine.'), one, two, one], '')).toMatchObject({
    state: 'error',
    seen: 'One. Two.',
    fix: 'mcpkey place a b && chmod 600 c',
  });
  expect(together([one, failure('Three.', 'Do it by hand.')], '')).toMatchObject({ fix: 'mcpkey place a b' });
  expect(together([], 'None.')).toEqual({ state: 'skipped', seen: 'None.', fix: null });
});

test('an ended Node is no finding before it is one that mcpkey cannot run on', () => {
  expect(['20.19.0', '20.20.2', '26.1.0'].map((node) => versionFinding(node).state)).toEqual(['ok', 'ok', 'ok']);
  expect(['18.20.1', '20.18.9'].map((node) => versionFinding(node).state)).toEqual(['error', 'error']);
});

test.each(CHECK_IDS)('%s says what it looks at and what to do', (id) => {
  const check: Check = CHECKS[id];
  expect(check.id).toBe(id);
  expect(check.looksAt.length).toBeGreaterThan(30);
  expect(check.remedies.length).toBeGreaterThan(0);
  if (id !== 'runtime.version') expect(check.warning ?? check.error).toBeDefined();
});

test('times are told as people say them', () => {
  expect(minuteOf('2026-11-22T17:56:13.652Z')).toBe('2026-11-22 17:56 UTC');
  expect([7, 3600, 3601, 90_000].map(formatWait)).toEqual(['7 s', '60 min', '61 min', '25 h']);
});
