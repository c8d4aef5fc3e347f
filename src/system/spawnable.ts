/** What is spawned for a command line, word by word and without a shell. */
import { win32 } from 'node:path';
import { which } from './run.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface Spawnable {
  readonly command: string;
  readonly args: readonly string[];
  /** The words are quoted already, as cmd.exe reads them. */
  readonly windowsVerbatimArguments: boolean;
}

export interface SpawnHost {
  readonly platform: NodeJS.Platform;
  find(name: string, env: Env): Promise<string | undefined>;
}

const HERE: SpawnHost = { platform: process.platform, find: which };

/**
 * The command itself; but on Windows a `.cmd` or `.bat` (npx is one) is no program of its own, and Node starts none: there
 * cmd.exe runs it.
 */
export async function spawnable(
  command: string,
  args: readonly string[],
  env: Env,
  { platform, find }: SpawnHost = HERE,
): Promise<Spawnable> {
  const plain = { command, args, windowsVerbatimArguments: false };
  if (platform !== 'win32') return plain;
  const found = await find(command, env);
  if (found === undefined || !/\.(?:cmd|bat)$/i.test(found)) return plain;
  const line = [escaped(win32.normalize(found)), ...args.map((word) => escaped(quoted(word)))].join(' ');
  return {
    command: env.ComSpec ?? env.COMSPEC ?? 'C:\\Windows\\System32\\cmd.exe',
    args: ['/d', '/s', '/c', `"${line}"`],
    windowsVerbatimArguments: true,
  };
}

/** As programs read their words: a quote behind backslashes of its own. */
const quoted = (word: string): string => `"${word.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`;

/** A caret before each character that cmd.exe would take for its own. */
const escaped = (text: string): string => text.replace(/[()%!^"<>&|;, *?]/g, '^$&');
