/** The report of a fault in mcpkey itself: a file for whoever mends it, without secrets and without what was typed. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from './errors.ts';
import type { Host } from './host.ts';
import { redact } from './secret.ts';
import { createFile } from './system/files.ts';
import { homeFolder } from './system/home.ts';
import { resolvePaths } from './system/paths.ts';
import { version } from './version.ts';

/** As many are kept, the newest ones. */
const KEPT = 10;
const NAME = /^fault-[\w-]+\.txt$/;

/** What the host's own fields tell; `words` name the command, where it was understood. */
export type FaultHost = Pick<Host, 'argv' | 'env' | 'platform'>;

/** Writes the report below mcpkey's state folder (0600) and returns its path; undefined where it cannot be written. */
export async function writeFaultReport(thrown: unknown, host: FaultHost, now: number): Promise<string | undefined> {
  const stamp = new Date(now).toISOString().replace(/[:.]/g, '-');
  try {
    const home = homeFolder(host.env, host.platform);
    const { state } = resolvePaths(host.env, host.platform, home);
    const path = join(state, `fault-${stamp}-${process.pid}.txt`);
    await createFile(path, faultReport(thrown, host, { home, now }));
    await forgetOld(state);
    return path;
  } catch (error) {
    if (error instanceof UserError || (error instanceof Error && 'code' in error)) return undefined;
    throw error;
  }
}

async function forgetOld(folder: string): Promise<void> {
  const reports = (await readdir(folder)).filter((name) => NAME.test(name)).sort();
  for (const name of reports.slice(0, -KEPT)) await rm(join(folder, name), { force: true });
}

/** `home`'s name, secrets, and the values of options and variables are left out. */
export function faultReport(thrown: unknown, host: FaultHost, { home, now }: { home: string; now: number }): string {
  const lines = [
    'A fault in mcpkey. No secret is in this file, nor what was typed behind the command; read it before you send it.',
    '',
    `mcpkey    ${version}`,
    `node      ${process.version}`,
    `platform  ${host.platform} ${process.arch}`,
    `at        ${new Date(now).toISOString()}`,
    `command   mcpkey ${shape(host.argv.slice(2))}`,
    `variables ${variables(host.env)}`,
    '',
    ...stacks(thrown),
    '',
  ];
  const text = redact(lines.join('\n'));
  return home.length > 1 ? text.replaceAll(home, '~') : text;
}

/** Names of options as typed, and how many other words stood between them. */
function shape(words: readonly string[]): string {
  const end = words.indexOf('--');
  const own = end < 0 ? words : words.slice(0, end + 1);
  return own.map((word) => /^--?[a-z][a-z-]*/.exec(word)?.[0] ?? (/^[a-z]{2,12}$/.test(word) ? word : '…')).join(' ');
}

const variables = (env: Host['env']): string =>
  Object.keys(env)
    .filter((name) => /^(MCPKEY_|VAULT_|CI$|HTTPS?_PROXY$|NODE_OPTIONS$|NODE_EXTRA_CA_CERTS$)/.test(name))
    .sort()
    .join(' ') || 'none';

function stacks(thrown: unknown): string[] {
  const lines: string[] = [];
  let error: unknown = thrown;
  for (let depth = 0; error !== undefined && depth < 8; depth += 1) {
    const text = error instanceof Error ? (error.stack ?? String(error)) : `thrown, and no error: ${typeof error}`;
    lines.push(depth === 0 ? text : `caused by ${text}`);
    error = error instanceof Error ? error.cause : undefined;
  }
  return lines;
}
