/** This machine as clients see it: where their files are, and which of them are here. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Client, ClientFile, ClientMachine, ClientScope } from '../clients/types.ts';
import type { Context } from '../context.ts';
import { isSystemError, UserError } from '../errors.ts';
import { which } from '../system/run.ts';

type Parts = Pick<Context, 'platform' | 'home' | 'env' | 'cwd'>;

/** `dir` is the project's folder; the current one by default. */
export function machineOf(context: Parts, dir = context.cwd): ClientMachine {
  const { platform, home, env } = context;
  return { platform, home, env, dir, exists: (path) => existsSync(path), names: namesIn, read: readSmall };
}

/** What of a machine another user's files, or none at all, may answer. */
const UNREADABLE = ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP'];

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (isSystemError(error, ...UNREADABLE)) return [];
    throw error;
  }
}

const LARGEST = 16 * 1024 * 1024;

/** What is no plain file (a pipe would never end) or far too large for a config is left to who reads it in earnest. */
function readSmall(path: string): string | undefined {
  try {
    const found = statSync(path);
    return found.isFile() && found.size <= LARGEST ? readFileSync(path, 'utf8') : undefined;
  } catch (error) {
    if (isSystemError(error, ...UNREADABLE)) return undefined;
    throw error;
  }
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

/** True where one of the client's programs or folders is here, or the user's own file of it. */
export async function isFound(context: Parts, client: Client, machine: ClientMachine): Promise<boolean> {
  const { programs, paths } = client.traces(machine);
  const own = client.files(machine).filter(({ scope, aside }) => scope === 'user' && !aside);
  if ([...paths, ...own.map(({ path }) => path)].some((path) => machine.exists(path))) return true;
  for (const program of programs) {
    if (await which(program, context.env)) return true;
  }
  return false;
}

/** The files of one scope that an entry can be placed into now. */
export const filesIn = (client: Client, scope: ClientScope, machine: ClientMachine): readonly ClientFile[] =>
  placeable(client.files(machine), machine).filter((file) => file.scope === scope);

const placeable = (files: readonly ClientFile[], machine: ClientMachine): readonly ClientFile[] =>
  files.filter((file) => !file.aside && (!file.mustExist || machine.exists(file.path)));

/** The same. Throws `unsupported` where there is none, and says what to do instead. */
export function filesOf(client: Client, scope: ClientScope, machine: ClientMachine): readonly ClientFile[] {
  const fit = filesIn(client, scope, machine);
  if (fit.length > 0) return fit;
  const files = client.files(machine).filter((file) => !file.aside);
  const missing = files.find((file) => file.scope === scope);
  const print = `Print the entry and paste it: mcpkey place KEY ${client.id} --print`;
  if (missing) {
    throw new UserError('unsupported', `${missing.path} is not there, and mcpkey does not make it.`, { hint: print });
  }
  const scopes = [...new Set(files.map((file) => file.scope))];
  if (scopes.length === 0) {
    throw new UserError('unsupported', `${client.title} has no file that mcpkey could write.`, { hint: print });
  }
  throw new UserError('unsupported', `${client.title} has no ${scope} scope; it has: ${scopes.join(', ')}.`, {
    hint: `Use --scope ${scopes[0]}, or leave it out.`,
  });
}
