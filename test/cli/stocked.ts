/** A machine that is logged in to the stock data service as the profile `stock` and keeps one key there, `stock/ci`. */
import { expect } from 'vitest';
import type { z } from 'zod';
import { mcpkey, type RunOptions } from '../helpers/cli.ts';
import { type Sandbox, type SandboxKey, type SandboxOptions, startSandbox } from '../sandbox/index.ts';
import { ERROR } from './documents.ts';
import { createMachine, type Machine } from './machine.ts';

export interface Stocked {
  readonly sandbox: Sandbox;
  readonly machine: Machine;
  /** The words that log in, with the environment of `credentials`. */
  readonly login: readonly string[];
  readonly credentials: Readonly<Record<string, string>>;
  readonly key: SandboxKey;
  /** Keys of the service that are not revoked. */
  living(): readonly string[];
  close(): Promise<void>;
}

export async function startStocked(options: SandboxOptions = {}): Promise<Stocked> {
  const sandbox = await startSandbox({ services: ['stock-data'], ...options });
  const machine = await createMachine();
  const { url, mcpUrl } = sandbox.service('stock-data');
  const login = ['login', 'stock-data', '-p', 'stock', '--url', url, '--mcp-url', mcpUrl, '--password'];
  const credentials = { MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: sandbox.person.password };
  await machine.run(login, { env: credentials });
  await machine.run(['create', 'ci']);
  const [key] = sandbox.keys('stock-data');
  if (!key) throw new Error('no key was made');
  const living = () => sandbox.keys('stock-data').flatMap(({ name, revoked }) => (revoked ? [] : [name]));
  return { sandbox, machine, login, credentials, key, living, close: () => sandbox.close() };
}

export type Failure = z.infer<typeof ERROR> & { readonly exit: number | null; readonly stderr: string };

/** Runs with `--json`; the error is in the document where that carries errors, else on stderr and nothing on stdout. */
export async function failureOf(
  machine: Machine,
  args: readonly string[],
  options: Omit<RunOptions, 'home'> = {},
): Promise<Failure> {
  const { code: exit, stdout, stderr } = await mcpkey(['--json', ...args], { home: machine.home, ...options });
  const line = `mcpkey ${args.join(' ')}\n${stdout}${stderr}`;
  expect(exit, line).not.toBe(0);
  const text = stdout === '' ? (stderr.trim().split('\n').at(-1) ?? '') : stdout;
  const document: unknown = JSON.parse(text);
  const row: unknown = Array.isArray(document) ? document[0] : document;
  const error: unknown = typeof row === 'object' && row !== null && 'error' in row ? row.error : undefined;
  const parsed = ERROR.safeParse(error);
  if (!parsed.success) throw new Error(`no error in: ${line}`);
  return { ...parsed.data, exit, stderr };
}
