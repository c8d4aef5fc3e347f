/** This machine as clients see it: where their files are, and which of them are here. */
import { existsSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Client, ClientFile, ClientMachine, ClientScope } from '../clients/types.ts';
import type { Context } from '../context.ts';
import { isSystemError, UserError } from '../errors.ts';
import { which } from '../system/run.ts';

type Parts = Pick<Context, 'platform' | 'home' | 'env' | 'cwd'>;

/** `dir` is the project's folder; the current one by default. */
export function machineOf(context: Parts, dir = context.cwd): ClientMachine {
  return { platform: context.platform, home: context.home, env: context.env, dir, exists: (path) => existsSync(path) };
}

/** The project's folder, free of links, as a program started there sees it. Throws `not_found`. */
export async function projectFolder(context: Parts, dir: string | undefined): Promise<string> {
  const path = resolve(context.cwd, dir ?? '.');
  try {
    if ((await stat(path)).isDirectory()) return await realpath(path);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR')) throw error;
  }
  throw new UserError('not_found', `There is no folder ${path}.`, { hint: 'Give an existing folder to --dir.' });
}

/** True where one of the client's programs or folders is here. */
export async function isFound(context: Parts, client: Client, machine: ClientMachine): Promise<boolean> {
  const { programs, paths } = client.traces(machine);
  if (paths.some((path) => machine.exists(path))) return true;
  for (const program of programs) {
    if (await which(program, context.env)) return true;
  }
  return false;
}

/** The client's files of one scope. Throws `unsupported` where it has no such scope. */
export function filesOf(client: Client, scope: ClientScope, machine: ClientMachine): readonly ClientFile[] {
  const files = client.files(machine);
  const fit = files.filter((file) => file.scope === scope);
  if (fit.length > 0) return fit;
  const scopes = [...new Set(files.map((file) => file.scope))].join(', ');
  throw new UserError('unsupported', `${client.title} has no ${scope} scope; it has: ${scopes}.`, {
    hint: `Use --scope ${files[0]?.scope ?? 'user'}, or leave it out.`,
  });
}
