/** Environment variables as programs see them that the desktop starts, or a terminal. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.ts';
import { isSystemError } from '../../errors.ts';
import { readText } from '../../system/files.ts';
import { run, which } from '../../system/run.ts';

/** Clients that people start in a terminal, which hands its environment on. */
const IN_TERMINALS: ReadonlySet<string> = new Set([
  ...([
    'claude-code',
    'codex',
    'gemini-cli',
    'opencode',
    'qwen-code',
    'copilot-cli',
    'cline-cli',
    'kilo-code',
  ] as const),
  ...(['amp', 'crush', 'goose', 'factory-droid', 'mcporter', 'mcp-inspector', 'fast-agent', 'augment'] as const),
  ...(['continue', 'amazon-q', 'librechat'] as const),
]);

export const isFromTerminal = (client: string): boolean => IN_TERMINALS.has(client);

/** Variables that the desktop's session has: what systemd's user manager tells, and the files that it reads. */
export async function sessionVariables(context: Context): Promise<ReadonlyMap<string, string>> {
  if (context.platform === 'darwin')
    return fromLines((await output(context, 'launchctl', ['export'])).replaceAll(';', ''));
  if (context.platform !== 'linux') return new Map();
  const texts = [(await readText('/etc/environment')) ?? '', await environmentFiles(context)];
  texts.push(await output(context, 'systemctl', ['--user', 'show-environment']));
  return fromLines(texts.join('\n'));
}

async function environmentFiles({ home, env }: Context): Promise<string> {
  const folder = join(env.XDG_CONFIG_HOME ?? join(home, '.config'), 'environment.d');
  try {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.conf')).sort();
    return (await Promise.all(names.map((name) => readText(join(folder, name))))).join('\n');
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return '';
    throw error;
  }
}

async function output(context: Context, program: string, args: readonly string[]): Promise<string> {
  if (!(await which(program, context.env))) return '';
  const { code, stdout } = await run(program, args, { env: context.env, timeout: 2_000 });
  return code === 0 ? stdout : '';
}

function fromLines(text: string): ReadonlyMap<string, string> {
  const pairs = text.split('\n').flatMap((each) => {
    const [, name, value] = /^\s*(?:export\s+)?([A-Za-z_]\w*)=(.*)$/.exec(each) ?? [];
    return name === undefined || value === undefined ? [] : [[name, unquoted(value.trim())] as const];
  });
  return new Map(pairs);
}

const unquoted = (value: string): string => /^(["'])(.*)\1$/.exec(value)?.[2] ?? value;
