/** The options of `rotate`, checked before anything is looked at. */
import { parseDuration } from '../duration.ts';
import { UserError } from '../errors.ts';
import type { KeyFilter } from '../keys/list.ts';
import { withNearest } from '../nearest.ts';
import type { ManyOptions } from './many.ts';
import type { Order } from './types.ts';

/** As typed. */
export interface RotateWords extends KeyFilter {
  readonly keys: readonly string[];
  /** `-p`. */
  readonly profile: string | undefined;
  readonly all: boolean;
  readonly allProfiles: boolean;
  readonly grace: string | undefined;
  readonly order: string | undefined;
  readonly dryRun: boolean;
  readonly concurrency: string | undefined;
  readonly resume: boolean;
  readonly finish: boolean;
  readonly stopAfter: string | undefined;
  readonly onRotated: string | undefined;
  readonly stdin: boolean;
}

const CONCURRENCY = 4;
const MAX_CONCURRENCY = 64;
const STOP_AFTER = 5;

/** Throws `usage` for words that do not go together: nothing is quietly ignored. */
export function checkRotateOptions(words: RotateWords): Omit<ManyOptions, 'done' | 'skipByHand'> {
  checkTarget(words);
  const order = readOrder(words.order);
  const grace = readGrace(words.grace);
  if (order === 'revoke-first' && grace > 0) {
    throw usage('--grace and --order revoke-first exclude each other: the old key is gone before there is a new one.');
  }
  return {
    grace,
    order,
    // Named keys get the grace that was asked for, or a refusal.
    shortenGrace: words.all,
    onRotated: words.onRotated,
    dryRun: words.dryRun,
    concurrency: readCount(words.concurrency, '--concurrency', { least: 1, most: MAX_CONCURRENCY }) ?? CONCURRENCY,
    stopAfter: readCount(words.stopAfter, '--stop-after', { least: 0, most: 1_000_000 }) ?? STOP_AFTER,
  };
}

function checkTarget(words: RotateWords): void {
  const { keys, all, resume, finish, stdin } = words;
  const ending = resume || finish;
  if (all && keys.length > 0) throw usage('Name the keys, or take all with --all.');
  if (all && ending) throw usage('--all resumes and finishes by itself: leave --resume and --finish out.');
  if (!all && !ending && keys.length === 0)
    throw usage('Name the keys, or take all with --all.', 'mcpkey rotate PROFILE/NAME');
  const narrowing = words.olderThan ?? words.expiring ?? words.match ?? words.where[0];
  if (narrowing !== undefined && !all) throw usage('--older-than, --expiring, --match and --where go with --all.');
  if (words.allProfiles && !all && !ending) throw usage('--all-profiles goes with --all.');
  if (words.allProfiles && words.profile !== undefined) throw usage('--profile and --all-profiles exclude each other.');
  if (ending && (words.grace ?? words.order) !== undefined) {
    throw usage('--grace and --order are for a rotation that begins; what was left keeps its own.');
  }
  if (ending && words.onRotated !== undefined && (finish || keys.length !== 1)) {
    throw usage('--on-rotated gives what was left another command with --resume and the name of one key.');
  }
  if (stdin && (all || (!ending && keys.length !== 1))) throw usage('--stdin takes one key, so name one.');
}

function readOrder(word: string | undefined): Order | undefined {
  if (word === undefined || word === 'create-first' || word === 'revoke-first') return word;
  const orders = ['create-first', 'revoke-first'];
  throw usage(withNearest(`--order takes no "${word}".`, word, orders), `One of: ${orders.join(', ')}`);
}

function readGrace(word: string | undefined): number {
  return word === undefined || word === '0' ? 0 : parseDuration(word, '--grace');
}

function readCount(
  word: string | undefined,
  option: string,
  { least, most }: { least: number; most: number },
): number | undefined {
  if (word === undefined) return undefined;
  const count = /^\d{1,7}$/.test(word) ? Number(word) : Number.NaN;
  if (count >= least && count <= most) return count;
  throw usage(`${option} takes a number from ${least} to ${most}, not "${word}".`);
}

const usage = (message: string, hint = 'mcpkey help rotate') => new UserError('usage', message, { hint });
