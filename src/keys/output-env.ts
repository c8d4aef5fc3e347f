/** `--output-env`: hands a new key to the later steps of a GitHub Actions job. */
import { appendFile, stat } from 'node:fs/promises';
import type { Env } from '../context.ts';
import { isSystemError, UserError } from '../errors.ts';
import type { Secret } from '../secret.ts';

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The file that `GITHUB_ENV` names. Throws `usage` where there is none, so that no key is made for nothing. */
export async function outputEnvFile(env: Env, variable: string): Promise<string> {
  if (!VARIABLE.test(variable)) {
    throw new UserError('usage', `"${variable}" is no name of a variable.`, { hint: '--output-env STOCK_API_KEY' });
  }
  const path = env.GITHUB_ENV;
  if (path && (await isFile(path))) return path;
  throw new UserError('usage', path ? `GITHUB_ENV names no file: ${path}` : 'GITHUB_ENV is not set.', {
    hint: '--output-env works in a GitHub Actions job; elsewhere: mcpkey exec KEY -- COMMAND',
  });
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return false;
    throw error;
  }
}

/** Masks first (`reveal` writes to stderr as it is), then appends the variable. */
export async function writeOutputEnv(
  path: string,
  variable: string,
  value: Secret,
  reveal: (line: string) => void,
): Promise<void> {
  reveal(`::add-mask::${value.reveal()}\n`);
  await appendFile(path, `${variable}=${value.reveal()}\n`);
}
