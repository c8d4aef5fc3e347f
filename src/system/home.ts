/** The person's home folder. */
import { homedir, userInfo } from 'node:os';
import { posix, win32 } from 'node:path';
import { UserError } from '../errors.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * As HOME (on Windows USERPROFILE) says, else as the system has it for the account: an empty one counts as none. Throws
 * `usage` where it is no full path, since every place below it would be another one in each folder.
 */
export function homeFolder(env: Env, platform: NodeJS.Platform): string {
  const variable = platform === 'win32' ? 'USERPROFILE' : 'HOME';
  const home = env[variable] || homedir() || userInfo().homedir;
  if ((platform === 'win32' ? win32 : posix).isAbsolute(home)) return home;
  throw new UserError('usage', `${variable} is ${JSON.stringify(home)}, which is no full path of a folder.`, {
    hint: `Set ${variable} to the full path of your home folder.`,
  });
}
