/** Keys by their form alone, in git's index and the shells' histories: no key is missed, and no word is one. */
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSandbox } from '../sandbox/index.ts';
import { type Clinic, openEmpty } from './clinic.ts';

let clinic: Clinic;
beforeAll(async () => {
  clinic = await openEmpty(await startSandbox({ services: ['stock-data'] }));
});
afterAll(() => clinic.close());

const form = (rest: string) => ['mcp', 'sk', rest].join('_');
const leaksOf = async (subject: string) =>
  (await clinic.doctor(['--deep', '--check', 'client.plaintext'])).find((row) => row.subject === subject);

test.each([
  ['few digits', 'GNCeOBnQriZKYeTNvixXCqD7sXZZF4mL', 'warning'],
  ['signs in its midst', 'GNCeOBn-riZK_eTNv7xXCqDa-XZZFvmL', 'warning'],
  ['one letter repeated', 'Ab1xxxxxxxxxxxxxxxxxxxxxxxxxxxxx', 'ok'],
  ['words in place of one', 'PUT_your_own_key_here_1234_abcde', 'ok'],
  ['words in small letters', 'makes_a_new_key_of_that_profile1', 'ok'],
])('a key of a known service with %s', async (_what, rest, state) => {
  const path = await clinic.machine.home.write('.zsh_history', `export CLOUD_API_KEY=${form(rest)}\n`);
  expect(await leaksOf('shell')).toMatchObject({ state });
  await rm(path);
});

test('one with few digits is found in git’s index', async () => {
  await clinic.machine.home.write(join(clinic.dir, 'notes.txt'), `${form('GNCeOBnQriZKYeTNvixXCqD7sXZZF4mL')}\n`);
  const git = (...args: string[]) =>
    promisify(execFile)('git', args, { cwd: clinic.dir, env: clinic.machine.home.env });
  await git('init', '--quiet');
  await git('add', 'notes.txt');
  const found = await leaksOf('git');
  expect(found).toMatchObject({ state: 'error', seen: expect.stringMatching(/notes\.txt:1/) });
  expect(found?.fix).toMatch(/^Take it out there, git add notes\.txt, and replace it/);
});
