/** What `up` is about to do, and what came of it. */
import type { Context } from '../context.ts';
import type { EnrolRow } from '../enrol/enrol.ts';
import { EXIT_CODES } from '../errors.ts';
import type { Io } from '../io.ts';
import type { CheckRow } from '../project/check.ts';
import type { Candidate } from '../project/up.ts';
import { printFailure } from './failure.ts';

/** A line a server, with the hosts that it talks to. */
export function printPlan({ io }: Pick<Context, 'io'>, candidates: readonly Candidate[]): void {
  for (const { server, wanted, error } of candidates) {
    if (error) io.note(`${server}: ${error.message}`);
    if (!wanted) continue;
    const { profile, provider, keyName, clients, isNew } = wanted;
    const urls = [provider.settings.url, provider.mcp('key')?.url ?? provider.settings.mcpUrl];
    const hosts = [...new Set(urls.flatMap((url) => (url === undefined ? [] : [new URL(url).host])))].join(', ');
    const into = clients.length > 0 ? ` into ${clients.join(', ')}` : '';
    io.note(`${server}: key ${profile.name}/${keyName}${into}; talks to ${hosts}${isNew ? ' (new profile)' : ''}`);
  }
}

/** 0 where all are ready, the one code that all failed with, else `partial`. */
export function exitOfRows(rows: readonly EnrolRow[]): number {
  const codes = new Set(
    rows.map(({ state, error }) => (state === 'ready' ? 0 : error ? EXIT_CODES[error.code] : EXIT_CODES.partial)),
  );
  const [only = 0] = codes;
  return codes.size > 1 ? EXIT_CODES.partial : only;
}

export function printRows(io: Io, rows: readonly EnrolRow[]): void {
  for (const { server, state, error, key } of rows) {
    if (state === 'ready') io.out(`${io.color('green', '✓')} ${io.bold(server)} is ready (${key}).`);
    if (error) printFailure(io, server, error);
  }
}

export function printCheck(io: Io, rows: readonly CheckRow[]): void {
  printRows(io, rows);
  for (const { server, missing } of rows) {
    if (missing.length > 0) io.out(`${io.color('yellow', '·')} ${io.bold(server)} lacks: ${missing.join(', ')}`);
  }
  if (rows.some(({ missing }) => missing.length > 0)) io.note('Next: mcpkey up');
}
