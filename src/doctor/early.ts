/** What ends soon, told once a day after whatever command: cheap where there is nothing to tell. */
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { formatAgo } from '../duration.ts';
import { UserError } from '../errors.ts';
import { type Ending, endingSoon } from '../keys/ending.ts';
import { readText, writeAtomic } from '../system/files.ts';
import { typed } from '../typed.ts';

/** Keys that are looked through again at each command of a day on which nothing was to be told. */
const MANY = 50;
/** Keys that are named. */
const NAMED = 3;

type Parts = Pick<Context, 'ledger' | 'paths' | 'now'>;

/** One line, or undefined; a day is one of UTC. A broken file of ours is told by commands that need it. */
export async function earlyWarning(context: Parts): Promise<string | undefined> {
  try {
    return await look(context);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

async function look(context: Parts): Promise<string | undefined> {
  const path = join(context.paths.state, 'early-warning');
  const today = new Date(context.now()).toISOString().slice(0, 10);
  const [day, told, count] = ((await readText(path)) ?? '').trim().split(' ');
  const isDone = told === 'told' || Number(count) > MANY;
  if (day === today && isDone) return undefined;
  const keys = await context.ledger.keys(undefined, { local: true });
  if (keys.length === 0) return undefined;
  const ending = endingSoon(keys, context.now());
  const stamp = `${today} ${ending.length > 0 ? 'told' : 'nothing'} ${keys.length}\n`;
  if (stamp.trim() !== `${day} ${told} ${count}`) await note(path, stamp);
  return ending.length === 0 ? undefined : inWords(ending, context.now());
}

/** On a disk that is full or read-only it is told more than once a day. */
async function note(path: string, stamp: string): Promise<void> {
  try {
    await writeAtomic(path, stamp);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
  }
}

function inWords(ending: readonly Ending[], now: number): string {
  const named = ending.slice(0, NAMED).map(({ ref, expiresAt }) => `${ref} ${when(expiresAt, now)}`);
  const more = ending.length > NAMED ? ` and ${ending.length - NAMED} more` : '';
  const [only] = ending.length === 1 ? ending : [];
  const next = only ? typed`mcpkey rotate ${only.ref}` : 'mcpkey rotate --all --all-profiles --expiring 14d';
  return `${named.join(', ')}${more}. Next: ${next}`;
}

const when = (end: string, now: number): string =>
  Date.parse(end) <= now ? 'has ended' : `ends ${formatAgo(end, now)}`;
