import { chmod, lstat, opendir } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { Context } from '../context.ts';
import { isSystemError, UserError } from '../errors.ts';
import { allPlacements } from '../placement/book.ts';
import { shellWord } from '../typed.ts';
import { readAccepted } from './accepted.ts';
import { failure, ok, skipped, together } from './findings.ts';
import { once } from './subjects.ts';
import type { Check, Finding } from './types.ts';

/** Files that are looked at; beyond, a shared folder of thousands of secrets is taken to be like its beginning. */
const MOST = 20_000;
/** Paths that one command names. */
const NAMED = 20;
const OTHERS = 0o077;

export const check: Check = {
  id: 'config.permissions',
  title: 'mcpkey’s own files',
  looksAt:
    'Files and folders of mcpkey’s own (config, data, state, and the age identity): readable by you alone, and as mcpkey wrote them.',
  error: 'Others can read one of them, or one does not parse.',
  remedies: [
    'Run the command that is printed: it takes the rights of others away.',
    'Mend a broken file at the line that is named.',
  ],
  fixes: 'Takes the rights of others away.',
  looks: once('mcpkey', async ({ context }) =>
    together([await readable(context), await permissions(context)], 'Nothing is kept here yet.'),
  ),
};

/** What every other check rests on. */
async function readable(context: Context): Promise<Finding> {
  try {
    const profiles = context.profiles.list();
    const [keys] = await Promise.all([
      context.ledger.keys(),
      allPlacements(context),
      context.vault.index(),
      readAccepted(context),
    ]);
    return ok(`${profiles.length} profiles and ${keys.length} keys are known here; ${context.paths.data}`);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (error.code !== 'bad_config_file') return skipped(error.message);
    const [move] = /\bmv .*$/.exec(error.hint ?? '') ?? [];
    if (move === undefined) return failure(error.message, error.hint ?? 'Mend the file there, or move it away.');
    return failure(`${error.message} Mend it there, or move it away.`, move);
  }
}

async function permissions(context: Context): Promise<Finding> {
  if (context.platform === 'win32') return skipped('Windows keeps rights another way: the folder of your own account.');
  const open: string[] = [];
  let seen = 0;
  for await (const path of ownPaths(context)) {
    seen += 1;
    const found = await statOf(path);
    if (found && !found.isSymbolicLink() && (found.mode & OTHERS) !== 0) open.push(path);
    if (seen >= MOST) break;
  }
  const [first] = open;
  if (first === undefined)
    return seen === 0 ? skipped('Nothing is kept here yet.') : ok(`${seen} files and folders are yours alone.`);
  const more = open.length === 1 ? '' : ` and ${open.length - 1} more`;
  const named = open.length <= NAMED ? open.map(shellWord) : roots(context).map(shellWord);
  const words = ['chmod', ...(open.length <= NAMED ? [] : ['-R']), 'go-rwx', ...named];
  return failure(`Others can read ${first}${more}.`, words.join(' '), { mend: () => closeAll(open) });
}

async function closeAll(paths: readonly string[]): Promise<string> {
  for (const path of paths) {
    const found = await statOf(path);
    if (found) await chmod(path, found.mode & ~OTHERS & 0o7777);
  }
  return `Took the rights of others from ${paths.length === 1 ? paths[0] : `${paths.length} files and folders`}.`;
}

function roots({ paths, env }: Pick<Context, 'paths' | 'env'>): readonly string[] {
  const identity = env.MCPKEY_AGE_IDENTITY ?? '';
  return [paths.config, paths.data, paths.state, ...(isAbsolute(identity) ? [identity] : [])];
}

/** Each of mcpkey's folders, and all below them. */
async function* ownPaths(context: Pick<Context, 'paths' | 'env'>): AsyncGenerator<string> {
  for (const root of roots(context)) {
    const found = await statOf(root);
    if (!found) continue;
    yield root;
    if (found.isDirectory()) yield* below(root);
  }
}

async function* below(folder: string): AsyncGenerator<string> {
  for await (const entry of await opendir(folder)) {
    const path = join(folder, entry.name);
    yield path;
    if (entry.isDirectory()) yield* below(path);
  }
}

async function statOf(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
