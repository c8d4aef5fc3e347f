/** A machine whose whole chain is healthy, and the ways to look at it and to mend it. */
import { readFileSync } from 'node:fs';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { z } from 'zod';
import { run } from '../../src/system/run.ts';
import { createMachine, type Machine, type Options } from '../cli/machine.ts';
import { mcpkey, program, type Running, spawnMcpkey } from '../helpers/cli.ts';
import { type Sandbox, type SandboxKey, startSandbox } from '../sandbox/index.ts';

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
export type Env = Readonly<Record<string, string | undefined>>;

export interface Clinic {
  readonly sandbox: Sandbox;
  readonly machine: Machine;
  /** Folder of a project, where every command runs. */
  readonly dir: string;
  /** Laid over the machine's environment for every command until it is cleared. */
  env: Env;
  /** Runs a command; fails on another exit code than `code` (0). */
  run(args: readonly string[], options?: Options): Promise<string>;
  /** Leaves a command running. */
  start(args: readonly string[]): Running;
  /** Runs `doctor`; its exit code must fit what it found. */
  doctor(args?: readonly string[]): Promise<readonly Row[]>;
  /** Runs a line as it was printed, in a shell that has mcpkey on PATH. */
  shell(line: string): Promise<{ code: number; stdout: string; stderr: string }>;
  /** The service's key that the ledger has as the current one. */
  key(): SandboxKey;
  close(): Promise<void>;
}

export const wrong = (rows: readonly Row[]): readonly Row[] =>
  rows.filter(({ state }) => state === 'warning' || state === 'error');

/** Words are told by their beginning: what can be run begins with a program. */
export const isCommand = (fix: string): boolean => /^(?:mcpkey|chmod|git|mkdir|npm) /.test(fix);

/** `stock/ci` of the stock data service, placed in two clients; logged in. */
export async function openClinic(): Promise<Clinic> {
  const clinic = await openEmpty(await startSandbox({ services: ['stock-data'] }));
  await logIn(clinic);
  await clinic.run(['create', 'ci']);
  await clinic.run(['place', 'stock/ci', 'cursor', 'claude-code']);
  return clinic;
}

/** A machine that knows nothing yet. */
export async function openEmpty(sandbox: Sandbox, env: Record<string, string> = {}): Promise<Clinic> {
  const machine = await createMachine(env);
  const dir = join(machine.home.dir, 'shop');
  const bin = join(machine.home.root, 'bin');
  await mkdir(dir);
  await mkdir(bin);
  await writeFile(join(bin, 'mcpkey'), `#!/bin/sh\nexec '${process.execPath}' '${program()}' "$@"\n`);
  await chmod(join(bin, 'mcpkey'), 0o755);
  return build({ sandbox, machine, dir, path: `${bin}:${machine.home.env.PATH}` });
}

export async function logIn({ sandbox, run: command }: Clinic): Promise<void> {
  const { url, mcpUrl } = sandbox.service('stock-data');
  const urls = ['--url', url, '--mcp-url', mcpUrl];
  await command(['login', 'stock-data', '-p', 'stock', ...urls, '--password'], { env: credentialsOf(sandbox) });
}

export const credentialsOf = ({ person }: Sandbox) => ({
  MCPKEY_EMAIL: person.email,
  MCPKEY_PASSWORD: person.password,
});

interface Parts {
  readonly sandbox: Sandbox;
  readonly machine: Machine;
  readonly dir: string;
  readonly path: string;
}

function build({ sandbox, machine, dir, path }: Parts): Clinic {
  const base = (): Env => ({ PATH: path, ...clinic.env });
  const clinic: Clinic = {
    sandbox,
    machine,
    dir,
    env: {},
    async run(args, { code = 0, env, ...options } = {}) {
      const done = await mcpkey(args, { home: machine.home, cwd: dir, ...options, env: { ...base(), ...env } });
      expect(done.code, `mcpkey ${args.join(' ')}\n${done.stdout}${done.stderr}`).toBe(code);
      return done.stdout;
    },
    start: (args) => spawnMcpkey(args, { home: machine.home, cwd: dir, env: base() }),
    async doctor(args = []) {
      const options = { home: machine.home, cwd: dir, env: base(), timeout: 60_000 };
      const { code, stdout, stderr } = await mcpkey(['doctor', '--json', '--timeout', '5s', ...args], options);
      expect(stdout, stderr).not.toBe('');
      const rows = ROWS.parse(JSON.parse(stdout));
      expect(code, stdout).toBe(rows.some(({ state }) => state === 'error') ? 10 : 0);
      const names = rows.map(({ id, subject }) => `${id} ${subject}`);
      expect(new Set(names).size, 'each id once for each subject').toBe(names.length);
      const secrets = sandbox.ids.flatMap((id) => sandbox.keys(id)).map(({ secret }) => secret);
      expect(secrets.filter((secret) => `${stdout}${stderr}`.includes(secret))).toEqual([]);
      return rows;
    },
    shell: (line) =>
      run('/bin/sh', ['-c', line], {
        cwd: dir,
        env: { ...machine.home.env, ...base(), ...credentialsOf(sandbox) },
        timeout: 30_000,
      }),
    key() {
      const record = join(machine.home.mcpkey, 'data', 'ledger', 'stock', 'ci.json');
      const { id: current }: { id?: unknown } = JSON.parse(readFileSync(record, 'utf8'));
      const key = sandbox.keys('stock-data').find(({ id }) => id === current);
      if (!key) throw new Error('the service does not know the key');
      return key;
    },
    async close() {
      await sandbox.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
  return clinic;
}
