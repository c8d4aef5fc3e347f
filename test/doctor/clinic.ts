/** A machine with something of everything, all of it healthy, and the ways to look at it. */
import { join } from 'node:path';
import { expect } from 'vitest';
import { z } from 'zod';
import { createMachine, type Machine, type Options } from '../cli/machine.ts';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';

export const ROWS = z.array(
  z.object({
    id: z.string(),
    subject: z.string(),
    state: z.enum(['ok', 'warning', 'error', 'skipped']),
    seen: z.string().min(1),
    fix: z.string().min(1).nullable(),
    advice: z.string().optional(),
    accepted: z.boolean(),
  }),
);
export type Row = z.infer<typeof ROWS>[number];

export interface Clinic {
  readonly sandbox: Sandbox;
  readonly machine: Machine;
  /** `doctor`, with these options; the exit code must fit what was found. */
  doctor(args?: readonly string[], options?: Options): Promise<readonly Row[]>;
  close(): Promise<void>;
}

export const wrong = (rows: readonly Row[]): readonly Row[] =>
  rows.filter(({ state }) => state === 'warning' || state === 'error');

/** `stock/ci` of the stock data service, placed in two clients; logged in. */
export async function openClinic(env: Record<string, string> = {}): Promise<Clinic> {
  const sandbox = await startSandbox({ services: ['stock-data'] });
  const machine = await createMachine(env);
  await logIn(sandbox, machine);
  await machine.run(['create', 'ci']);
  await machine.run(['place', 'stock/ci', 'cursor', 'claude-code']);
  return { sandbox, machine, doctor: doctorOf(machine), close: () => sandbox.close() };
}

export async function logIn(sandbox: Sandbox, machine: Machine): Promise<void> {
  const { url, mcpUrl } = sandbox.service('stock-data');
  const login = ['login', 'stock-data', '-p', 'stock', '--url', url, '--mcp-url', mcpUrl, '--password'];
  await machine.run(login, { env: credentialsOf(sandbox) });
}

export const credentialsOf = ({ person }: Sandbox) => ({
  MCPKEY_EMAIL: person.email,
  MCPKEY_PASSWORD: person.password,
});

export const doctorOf =
  (machine: Machine): Clinic['doctor'] =>
  async (args = [], options = {}) => {
    const { code, stdout, stderr } = await runAny(machine, ['doctor', '--json', ...args], options);
    const rows = ROWS.parse(JSON.parse(stdout === '' ? stderr : stdout));
    const hasError = rows.some(({ state }) => state === 'error');
    expect(code, stdout).toBe(hasError ? 10 : 0);
    const names = rows.map(({ id, subject }) => `${id} ${subject}`);
    expect(new Set(names).size, 'each id once for each subject').toBe(names.length);
    return rows;
  };

/** Whatever its exit code. */
export async function runAny(machine: Machine, args: readonly string[], options: Options = {}) {
  const { mcpkey } = await import('../helpers/cli.ts');
  const { code: _, ...rest } = options;
  return mcpkey(args, { home: machine.home, timeout: 60_000, ...rest });
}

export const inHome = (machine: Machine, ...parts: readonly string[]): string => join(machine.home.dir, ...parts);
