import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';

/** The ref word of a login's own token used as a key. */
export const LOGIN_NAME = '@login';

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

/** `USER-HOST`, or `USER-HOST-2` and on where that is in use in the profile. */
export async function defaultKeyName(
  context: Pick<Context, 'ledger' | 'user' | 'host'>,
  profile: string,
): Promise<string> {
  const taken = new Set(
    (await context.ledger.keys(profile)).filter((key) => key.status !== 'revoked').map((key) => key.name),
  );
  const base = `${context.user}-${context.host}`.replace(/[^\p{L}\p{N}.-]+/gu, '-').replace(/^-+|-+$/g, '') || 'key';
  if (!taken.has(base)) return base;
  for (let number = 2; ; number += 1) {
    if (!taken.has(`${base}-${number}`)) return `${base}-${number}`;
  }
}
