/** `--output-env`: hands a new key to the later steps of a GitHub Actions job. */
import { type FileHandle, open } from 'node:fs/promises';
import type { Env } from '../context.ts';
import { isSystemError, UserError } from '../errors.ts';
import type { Secret } from '../secret.ts';

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The file that `GITHUB_ENV` names. Throws `usage` where there is none to append to, so that no key is made for nothing. */
export async function outputEnvFile(env: Env, variable: string): Promise<string> {
  if (!VARIABLE.test(variable)) {
    throw new UserError('usage', `"${variable}" is no name of a variable.`, { hint: '--output-env STOCK_API_KEY' });
  }
  const path = env.GITHUB_ENV;
  if (path && (await canAppend(path))) return path;
  const what = path ? `GITHUB_ENV names no file that can be appended to: ${path}` : 'GITHUB_ENV is not set.';
  throw new UserError('usage', what, {
    hint: '--output-env works in a GitHub Actions job; elsewhere: mcpkey exec KEY -- COMMAND',
  });
}

async function canAppend(path: string): Promise<boolean> {
  try {
    // Without `a`, which would make a file that is not there.
    const file = await open(path, 'r+');
    const found = await file.stat();
    await file.close();
    return found.isFile();
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM', 'EROFS')) return false;
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
  const file = await open(path, 'a+');
  try {
    await file.appendFile(`${(await endsLine(file)) ? '' : '\n'}${variable}=${value.reveal()}\n`);
  } finally {
    await file.close();
  }
}

/** True for a file that is empty or ends with a line's end. */
async function endsLine(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return true;
  const { buffer } = await file.read({ buffer: Buffer.alloc(1), position: size - 1 });
  return buffer.toString() === '\n';
}
