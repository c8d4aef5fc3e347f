/** `create --output-env`: a key for the later steps of a GitHub Actions job. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { failureOf, type Stocked, startStocked } from './stocked.ts';

let stocked: Stocked;
afterEach(() => stocked.close());

async function job(): Promise<{ file: string; env: Record<string, string> }> {
  stocked = await startStocked();
  const file = join(stocked.machine.home.root, 'github-env');
  await writeFile(file, 'BEFORE=1\n');
  return { file, env: { GITHUB_ENV: file, GITHUB_ACTIONS: 'true', CI: 'true' } };
}

it('masks the key in the job’s log before it is in the file, and shows it nowhere else', async () => {
  const { file, env } = await job();
  const { machine, sandbox } = stocked;
  const { stdout, stderr } = await machine.run(['create', 'step', '--output-env', 'STOCK_API_KEY', '--json'], { env });
  const made = sandbox.keys('stock-data').find(({ name }) => name.startsWith('step'));
  expect(await readFile(file, 'utf8')).toBe(`BEFORE=1\nSTOCK_API_KEY=${made?.secret}\n`);
  expect(stderr).toContain(`::add-mask::${made?.secret}\n`);
  expect(stderr.split(made?.secret ?? ' ')).toHaveLength(2);
  expect(stdout).not.toContain(made?.secret);
  expect(await machine.filesWith(made?.secret ?? ' ')).toEqual([file]);
  expect((await machine.run(['get', 'stock/step'])).stdout).toBe(`${made?.secret}\n`);
});

it('makes no key where there is no such file, or the variable has no name', async () => {
  const { env } = await job();
  const { machine, living } = stocked;
  for (const [variable, wrong] of [
    ['STOCK_API_KEY', { ...env, GITHUB_ENV: `${env.GITHUB_ENV}-none` }],
    ['STOCK_API_KEY', {}],
    ['A B', env],
  ] as const) {
    const failure = await failureOf(machine, ['create', 'step', '--output-env', variable], { env: wrong });
    expect(failure).toMatchObject({ code: 'usage', exit: 2 });
  }
  expect(living()).toHaveLength(1);
});

it('begins a line of its own where the last one has no end', async () => {
  const { file, env } = await job();
  const { machine, sandbox } = stocked;
  await writeFile(file, 'BEFORE=1');
  await machine.run(['create', 'step', '--output-env', 'STOCK_API_KEY'], { env });
  const made = sandbox.keys('stock-data').find(({ name }) => name.startsWith('step'));
  expect(await readFile(file, 'utf8')).toBe(`BEFORE=1\nSTOCK_API_KEY=${made?.secret}\n`);
});
