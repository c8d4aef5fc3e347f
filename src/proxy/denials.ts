/** What a client was last refused for want of a scope: `doctor` tells of it, since no probe calls what that client called. */
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { Credential } from '../keys/credential.ts';
import { readText, writeAtomic } from '../system/files.ts';
import { encodeName } from '../system/names.ts';
import { parseJson } from './body.ts';
import { isObject } from './message.ts';

export interface Denial {
  /** RFC 3339 UTC. */
  readonly at: string;
  /** Of the key that was refused; a key in its place is another one. */
  readonly keyId: string;
  /** In the service's words. */
  readonly message: string;
  /** What the service advises. */
  readonly advice: string;
}

type Parts = Pick<Context, 'paths' | 'now'>;

/** Milliseconds between two notes: a client may try again and again. */
const QUIET = 60_000;

const pathOf = ({ paths }: Pick<Parts, 'paths'>, ref: string): string =>
  join(paths.state, 'denials', `${encodeName(ref)}.json`);

/** Notes each refusal for want of a scope. A disk that is full or read-only is no reason to disturb a client. */
export function createDenials(
  context: Parts,
  { ref, record }: Pick<Credential, 'ref' | 'record'>,
): (error: UserError) => Promise<void> {
  let last = Number.NEGATIVE_INFINITY;
  return async ({ code, message, hint = '' }) => {
    if (code !== 'insufficient_scope' || !record || context.now() - last < QUIET) return;
    last = context.now();
    const denial: Denial = { at: new Date(last).toISOString(), keyId: record.id, message, advice: hint };
    try {
      await writeAtomic(pathOf(context, ref), `${JSON.stringify(denial)}\n`);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  };
}

/** The last one of that key; undefined where there is none. */
export async function readDenial(context: Pick<Parts, 'paths'>, ref: string): Promise<Denial | undefined> {
  const found = parseJson((await readText(pathOf(context, ref))) ?? '');
  return isDenial(found) ? found : undefined;
}

const TEXTS = ['at', 'keyId', 'message', 'advice'] as const satisfies readonly (keyof Denial)[];

function isDenial(value: unknown): value is Denial {
  if (!isObject(value)) return false;
  const fields: Partial<Record<keyof Denial, unknown>> = value;
  return TEXTS.every((field) => typeof fields[field] === 'string');
}
