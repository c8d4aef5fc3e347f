/**
 * What the program printed and kept while a test file ran, searched for the secrets of the services that it talked to.
 * So the whole suite is the test: each command, option and fault of it, and not one walk through some of them.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { secretsGivenOut } from '../sandbox/given-out.ts';

export interface Printed {
  readonly args: readonly string[];
  readonly stdout: string;
  readonly stderr: string;
}

/** Whose stdout is asked for with the secret in it, or is another program's. */
const TELL = new Set(['get', 'headers', 'exec', 'proxy']);
const ASKED = ['--show', '--no-mask', '--output-env'];

/** A line for each run and each file that holds a secret; the secret itself is not in it. */
export async function findLeaks(runs: readonly Printed[], folders: readonly string[]): Promise<readonly string[]> {
  const secrets = secretsGivenOut().flatMap(formsOf);
  if (secrets.length === 0) return [];
  const leaks = runs.flatMap((run) => leaksOf(run, secrets));
  for (const folder of folders) leaks.push(...(await filesWith(folder, secrets)));
  return [...new Set(leaks)];
}

const formsOf = (secret: string): string[] => [
  ...new Set([secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]),
];

function leaksOf({ args, stdout, stderr }: Printed, secrets: readonly string[]): string[] {
  const has = (text: string) => secrets.some((secret) => text.includes(secret));
  const words = `mcpkey ${args.map((word) => (has(word) ? '[secret]' : word)).join(' ')}`;
  const leaks: string[] = [];
  if (args.some(has)) leaks.push(`${words}: in its arguments`);
  if (ASKED.some((option) => args.includes(option))) return leaks;
  if (has(stdout) && !args.some((word) => TELL.has(word))) leaks.push(`${words}: on stdout`);
  if (has(stderr)) leaks.push(`${words}: on stderr`);
  return leaks;
}

async function filesWith(folder: string, secrets: readonly string[]): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const found: string[] = [];
  for (const entry of entries.filter((candidate) => candidate.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    if (secrets.some((secret) => path.includes(secret) || bytes.includes(secret))) found.push(path);
  }
  return found;
}
