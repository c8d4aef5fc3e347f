/** Keys in clear where they outlive the file: in git's index and history, in the shells' histories. Bounded. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { keyForms, keysIn } from '../../adopt/forms.ts';
import { UserError } from '../../errors.ts';
import { refOf } from '../../keys/refs.ts';
import type { KeyRecord } from '../../ledger.ts';
import type { Secret } from '../../secret.ts';
import { readRegular } from '../../system/files.ts';
import { run, which } from '../../system/run.ts';
import type { Scope } from '../types.ts';

export interface Leak {
  /** The key kept here that it is; null: one by its form alone. */
  readonly ref: string | null;
  /** File and line, or commit. */
  readonly place: string;
  /** It cannot be taken out there by an edit. */
  readonly isHistory: boolean;
}

/** Commits that are looked through, newest first; what they print is bounded by `run`. */
const COMMITS = 2_000;
const LONGEST_HISTORY = 16 * 1024 * 1024;
/** Milliseconds; a large repository is looked at as far as that reaches. */
const PATIENCE = 20_000;
const MOST = 20;

/** Undefined outside of a repository, and without git. */
export async function gitLeaks(scope: Scope): Promise<readonly Leak[] | undefined> {
  const { context } = scope;
  const git = await which('git', context.env);
  if (!git) return undefined;
  const timeout = Math.min(PATIENCE, context.options.timeout ?? PATIENCE);
  const ask = (args: readonly string[], input = '') =>
    run(git, args, { cwd: context.cwd, env: context.env, timeout, input });
  if ((await ask(['rev-parse', '--is-inside-work-tree'])).stdout.trim() !== 'true') return undefined;
  const look = await searcher(scope);
  const grep = ['grep', '--cached', '-I', '-n', '--no-color'];
  const byForm = await ask([...grep, '-E', '-e', `(${PREFIXES})[A-Za-z0-9_-]{16,}`, '--', '.']);
  const exact = look.values === '' ? undefined : await ask([...grep, '-F', '-f', '-', '--', '.'], look.values);
  const lines = `${byForm.stdout}\n${exact?.stdout ?? ''}`.split('\n');
  const found = leaksIn(lines, look, (text) => /^([^:]*:\d+):/.exec(text)?.[1] ?? 'git’s index', false);
  if (!scope.deep) return found;
  const history = await ask([
    'log',
    '--all',
    '-p',
    '-U0',
    '--no-color',
    '--no-ext-diff',
    '--no-textconv',
    '-n',
    String(COMMITS),
    '--format=commit %h',
  ]);
  return [...found, ...inHistory(history.stdout, look)];
}

/** Beginnings of keys of known services; what follows is judged here. */
const PREFIXES = 'mcp_|inv_|apx_|sk-|gh[opsur]_|github_pat_|glpat-|xox[abeprs]-|npm_|hf_|AIza|AKIA';

interface Searcher {
  /** The keys that are kept here, a line each: for a program's stdin alone. */
  readonly values: string;
  refIn(text: string): string | null;
  hasForm(text: string): boolean;
}

interface Kept {
  readonly record: KeyRecord;
  readonly ref: string;
  readonly value: Secret;
}

/** The keys that are kept here and can be read; none so short that it could be a word. */
export async function keptKeys({ context, keys, usable }: Scope): Promise<readonly Kept[]> {
  const kept: Kept[] = [];
  for (const record of await keys()) {
    const value =
      record.secret === null ? undefined : await readOrNot({ context, usable }, record.profile, record.secret);
    if (value && value.reveal().length >= 8) kept.push({ record, ref: refOf(record), value });
  }
  return kept;
}

async function searcher(scope: Scope): Promise<Searcher> {
  const forms = await keyForms(scope.context);
  const kept = await keptKeys(scope);
  return {
    values: kept.map(({ value }) => `${value.reveal()}\n`).join(''),
    refIn: (text) => kept.find(({ value }) => text.includes(value.reveal()))?.ref ?? null,
    hasForm: (text) =>
      keysIn(forms, text).some(
        ({ value, form }) => isRandom(value) || (form && isMade(value.slice(form.prefix.length))),
      ),
  };
}

async function readOrNot(
  { context, usable }: Pick<Scope, 'context' | 'usable'>,
  profile: string,
  record: string,
): Promise<Secret | undefined> {
  try {
    await usable(profile, record);
    return await context.vault.read(profile, record);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** A run of letters and digits that no name in a program has. */
const isRandom = (value: string): boolean =>
  value.split(/[^A-Za-z0-9]/).some((word) => word.length >= 16 && (word.match(/\d/g)?.length ?? 0) >= 3);

/** What a sample shows in the place of a key. */
const SAMPLE = /(.)\1{3}|your|example|placeholder|replace|insert|dummy/i;
const LETTERS = 10;

/** Behind the prefix of a known service's key fewer digits do: a key has letters of both cases, and no word of a sample. */
const isMade = (rest: string): boolean =>
  [/\d/, /[a-z]/, /[A-Z]/].every((kind) => kind.test(rest)) && new Set(rest).size >= LETTERS && !SAMPLE.test(rest);

function leaksIn(
  lines: readonly string[],
  look: Searcher,
  placeOf: (text: string) => string,
  isHistory: boolean,
): readonly Leak[] {
  const found = new Map<string, Leak>();
  for (const text of lines) {
    const ref = look.refIn(text);
    if (ref === null && !look.hasForm(text)) continue;
    const place = placeOf(text);
    found.set(`${ref} ${place}`, { ref, place, isHistory });
    if (found.size >= MOST) break;
  }
  return [...found.values()];
}

function inHistory(log: string, look: Searcher): readonly Leak[] {
  let commit = '';
  const lines = log.split('\n').flatMap((text) => {
    const named = /^commit ([0-9a-f]+)$/.exec(text)?.[1];
    if (named !== undefined) commit = named;
    return text.startsWith('+') ? [`${commit} ${text}`] : [];
  });
  return leaksIn(lines, look, (text) => `git’s commit ${text.slice(0, text.indexOf(' '))}`, true);
}

const HISTORIES = [
  '.bash_history',
  '.zsh_history',
  '.zhistory',
  '.local/share/fish/fish_history',
  '.config/fish/fish_history',
  '.node_repl_history',
  '.python_history',
  'AppData/Roaming/Microsoft/Windows/PowerShell/PSReadLine/ConsoleHost_history.txt',
  '.local/share/powershell/PSReadLine/ConsoleHost_history.txt',
];

/** Undefined where no shell keeps one. */
export async function shellLeaks(scope: Scope): Promise<readonly Leak[] | undefined> {
  const { home, env } = scope.context;
  const named = env.HISTFILE?.startsWith('/') ? [env.HISTFILE] : [];
  const paths = [...new Set([...HISTORIES.map((path) => join(home, path)), ...named])].filter((path) =>
    existsSync(path),
  );
  if (paths.length === 0) return undefined;
  const look = await searcher(scope);
  const found = await Promise.all(
    paths.map(async (path) => {
      const text = (await readRegular(path))?.subarray(-LONGEST_HISTORY).toString('utf8') ?? '';
      const lines = text.split('\n').map((each, index) => `${index + 1} ${each}`);
      return leaksIn(lines, look, (each) => `${path}:${each.slice(0, each.indexOf(' '))}`, true);
    }),
  );
  return found.flat();
}
