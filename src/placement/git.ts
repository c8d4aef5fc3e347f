import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { run, which } from '../system/run.ts';

/** Milliseconds; a repository on a slow disk. */
const PATIENCE = 10_000;

/** True where git tracks the file; false too where there is no git. */
export async function isTracked(context: Pick<Context, 'env'>, path: string): Promise<boolean> {
  const folder = dirname(path);
  const git = existsSync(folder) ? await which('git', context.env) : undefined;
  if (!git) return false;
  const { code } = await run(git, ['ls-files', '--error-unmatch', '--', path], {
    cwd: folder,
    env: context.env,
    timeout: PATIENCE,
  });
  return code === 0;
}

/** Throws `conflict`: a key in a tracked file is a key in everyone's clone. */
export async function refuseTracked(context: Pick<Context, 'env'>, path: string): Promise<void> {
  if (!(await isTracked(context, path))) return;
  throw new UserError('conflict', `git tracks ${path}, and a key in it would be committed.`, {
    hint: 'Use --mode proxy, which writes no key; or take the file out of git; or --force.',
  });
}
