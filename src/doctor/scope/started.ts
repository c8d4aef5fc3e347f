/** A placed command, started as a client that was launched from the desktop starts it. */
import type { EntryParts } from '../../clients/types.ts';
import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { parseJson } from '../../proxy/body.ts';
import { isObject } from '../../proxy/message.ts';
import type { ProbeResult } from '../../proxy/probe.ts';
import { probeLocal } from '../../proxy/probe-local.ts';
import { lastWords } from '../../system/lastwords.ts';
import { run } from '../../system/run.ts';

export type Started =
  | { readonly result: ProbeResult }
  /** What a helper printed, as headers. */
  | { readonly headers: Readonly<Record<string, string>> }
  | { readonly error: UserError };

type Parts = Pick<Context, 'env' | 'home' | 'user' | 'platform' | 'options' | 'signal'>;

/** PATH of a program that no shell started. */
const DESKTOP_PATHS: Partial<Record<NodeJS.Platform, string>> = {
  darwin: '/usr/bin:/bin:/usr/sbin:/sbin',
  linux: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
};
/** What Windows gives to every program. */
const WINDOWS = ['APPDATA', 'LOCALAPPDATA', 'USERPROFILE', 'SystemRoot', 'SystemDrive', 'TEMP', 'TMP', 'ComSpec'];
/** Milliseconds after which clients give a helper up. */
const HELPER_LIMIT = 10_000;

/** Only what the MCP SDK hands to the servers that it starts, and what every program of the desktop has. */
export function bareEnvironment(context: Parts): Record<string, string> {
  const { env, home, user, platform } = context;
  const usual = DESKTOP_PATHS[platform] ?? env.PATH ?? '';
  const own = platform === 'win32' ? pick(env, [...WINDOWS, 'PATHEXT', 'ProgramFiles']) : {};
  return {
    ...own,
    HOME: home,
    LOGNAME: user,
    USER: user,
    SHELL: env.SHELL ?? '/bin/sh',
    TERM: env.TERM ?? 'dumb',
    PATH: usual,
  };
}

/** What a client that is started in this terminal hands on. */
export const terminalEnvironment = ({ env }: Pick<Context, 'env'>): Record<string, string> =>
  pick(env, Object.keys(env));

const pick = (env: Context['env'], names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));

/** The conversation that a client opens: `initialize`, then `tools/list`. */
export async function startServer(context: Parts, parts: EntryParts, env: Record<string, string>): Promise<Started> {
  const { command = '', args } = parts;
  const result = await probeLocal({ command: [command, ...args], variable: '' }, undefined, {
    options: context.options,
    signal: context.signal,
    env: { ...env, ...parts.env },
  });
  return { result };
}

/** A shell's line that prints the headers as one JSON object. */
export async function startHelper(context: Parts, line: string, env: Record<string, string>): Promise<Started> {
  const timeout = Math.min(HELPER_LIMIT, context.options.timeout ?? HELPER_LIMIT);
  const { code, stdout, stderr } = await run('/bin/sh', ['-c', line], { env, timeout });
  const said = lastWords(stderr);
  if (code !== 0) {
    return { error: new UserError('bad_response', `The helper ended with code ${code}${said ? `: ${said}` : '.'}`) };
  }
  const body = parseJson(stdout);
  if (isObject(body) && Object.values(body).every((value) => typeof value === 'string')) {
    const headers = Object.entries(body).map(([name, value]) => [name, String(value)]);
    return { headers: Object.fromEntries(headers) };
  }
  return { error: new UserError('bad_response', 'The helper printed something else than one JSON object of texts.') };
}
