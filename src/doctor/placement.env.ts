import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { isSystemError, UserError } from '../errors.ts';
import type { LocatedPlacement } from '../placement/unplace.ts';
import { readText } from '../system/files.ts';
import { run, which } from '../system/run.ts';
import { failure, ok, warning } from './findings.ts';
import { eachPlacement } from './scope/placed.ts';
import { placeCommand } from './scope/words.ts';
import type { Check, Finding, Scope } from './types.ts';

export const check: Check = {
  id: 'placement.env',
  title: 'The variables that entries read',
  looksAt:
    'Each entry that takes the key from an environment variable: whether the variable is set here and where the desktop starts programs, and whether it holds this very key.',
  warning: 'It is set in this terminal alone: a client that is started from the desktop does not see it.',
  error: 'It is not set, and the client sends its name instead of the key, or nothing; or it holds another key.',
  remedies: [
    'Let mcpkey hand over the key instead; the command is printed.',
    'Or set the variable where the client is started.',
  ],
  looks: eachPlacement(look),
};

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

async function look({ owned: { ref, placement }, client }: LocatedPlacement, scope: Scope): Promise<Finding> {
  const { context } = scope;
  const { mode, variable, server } = placement;
  if (mode !== 'env' || variable === null) return ok(`"${server}" reads no variable.`);
  const other = placeCommand(ref, placement, { mode: (await context.client(client.id)).modes[0] ?? 'proxy' });
  const session = await sessionVariables(context);
  const here = context.env[variable] || undefined;
  const there = session.get(variable);
  const value = IN_TERMINALS.has(client.id) ? (here ?? there) : (there ?? here);
  if (value === undefined) return failure(`${variable}, which "${server}" reads, is not set.`, other);
  if (!(await isTheKey(scope, ref, value))) return failure(`${variable} holds another key than ${ref}.`, other);
  if (there === undefined && !IN_TERMINALS.has(client.id) && context.platform !== 'win32') {
    return warning(
      `${variable} is set in this terminal, but not for programs that the desktop starts, as ${client.title} is.`,
      other,
    );
  }
  return ok(`${variable} is set, and holds ${ref}.`);
}

/** Where the key cannot be read, it is not said to be another one. */
async function isTheKey({ context, usable }: Scope, ref: string, value: string): Promise<boolean> {
  const slash = ref.indexOf('/');
  const record = await context.ledger.key(ref.slice(0, slash), ref.slice(slash + 1));
  if (!record?.secret) return true;
  try {
    await usable(record.profile, record.secret);
    const kept = await context.vault.read(record.profile, record.secret);
    return kept === undefined || kept.reveal() === value.trim();
  } catch (error) {
    if (error instanceof UserError) return true;
    throw error;
  }
}

/** Variables that the desktop's session has: what systemd's user manager tells, and the files that it reads. */
async function sessionVariables(context: Context): Promise<ReadonlyMap<string, string>> {
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
