import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { typed } from '../typed.ts';
import { isInGap } from './gap.ts';

/** The ref word of a login's own token used as a key. */
export const LOGIN_NAME = '@login';

const MOST_DEFAULT_NAMES = 10_000;
/** Milliseconds to wait for another process that is making a key of the name that was asked for. */
const NAMED_WAIT = 5_000;

/** Throws `usage` for a key name with `/`, a leading `@`, control characters, or nothing in it. */
export function checkKeyName(name: string): void {
  const wrong =
    name.trim() === ''
      ? 'is empty'
      : name.startsWith('@')
        ? 'begins with @'
        : name.includes('/')
          ? 'has a /'
          : undefined;
  const control = /[\u0000-\u001f\u007f-\u009f]/.test(name) ? 'has control characters' : undefined;
  const what = wrong ?? control;
  if (what)
    throw new UserError('usage', `The key name ${JSON.stringify(name)} ${what}.`, {
      hint: 'Use letters, digits, "-" and ".".',
    });
}

/**
 * Runs `work` with a name that nobody else can take meanwhile: `wanted`, or `USER-HOST`, `USER-HOST-2` and on. Throws
 * `usage` for no name, `conflict` where `wanted` is a living key's or being made by another process.
 */
export async function withFreeName<T>(
  context: Pick<Context, 'ledger' | 'locks' | 'user' | 'host'>,
  profile: string,
  wanted: string | undefined,
  work: (name: string) => Promise<T>,
): Promise<T> {
  if (wanted !== undefined) checkKeyName(wanted);
  for (const name of wanted === undefined ? defaultNames(context) : [wanted]) {
    const run = { begun: false };
    try {
      return await context.locks.with(
        `name ${profile}/${name}`,
        async () => {
          await checkNameFree(context, profile, name);
          run.begun = true;
          return work(name);
        },
        { wait: wanted === undefined ? 0 : NAMED_WAIT },
      );
    } catch (error) {
      const taken = error instanceof UserError && error.code === 'conflict' && !run.begun;
      if (!taken || wanted !== undefined) throw error;
    }
  }
  throw new UserError('conflict', 'Every default name is in use.', { hint: 'mcpkey create NAME' });
}

/** The name that a machine gives the first key of a person. */
export const defaultName = ({ user, host }: Pick<Context, 'user' | 'host'>): string =>
  `${user}-${host}`.replace(/[^\p{L}\p{N}.-]+/gu, '-').replace(/^-+|-+$/g, '') || 'key';

function* defaultNames(machine: Pick<Context, 'user' | 'host'>): Generator<string> {
  const base = defaultName(machine);
  yield base;
  for (let number = 2; number <= MOST_DEFAULT_NAMES; number += 1) yield `${base}-${number}`;
}

/** Throws `conflict` where a key of that name lives in the profile. */
async function checkNameFree(context: Pick<Context, 'ledger'>, profile: string, name: string): Promise<void> {
  const before = await context.ledger.key(profile, name);
  if (!before || (before.status === 'revoked' && !isInGap(before))) return;
  throw new UserError('conflict', `The key ${profile}/${name} exists already.`, {
    hint: typed`mcpkey rotate ${`${profile}/${name}`}   or choose another name`,
  });
}
