/** What a client was last refused for want of a scope: `doctor` tells of it, since no probe calls what that client called. */
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { Credential } from '../keys/credential.ts';
import type { KeyRecord } from '../ledger.ts';
import { readText, removeFile, writeAtomic } from '../system/files.ts';
import { encodeName } from '../system/names.ts';
import { parseJson } from './body.ts';
import { isObject } from './message.ts';

export interface Denial {
  /** RFC 3339 UTC. */
  readonly at: string;
  /** Of the key that was refused; a key in its place is another one. */
  readonly keyId: string;
  /** What was asked: the method, and the tool or whatever of it. */
  readonly kind: string;
  /** In the service's words. */
  readonly message: string;
  /** What the service advises. */
  readonly advice: string;
}

interface Parts {
  readonly paths: Pick<Context['paths'], 'state'>;
  now(): number;
}

/** Milliseconds between two notes: a client may try again and again. */
const QUIET = 60_000;

const pathOf = ({ paths }: Pick<Parts, 'paths'>, ref: string): string =>
  join(paths.state, 'denials', `${encodeName(ref)}.json`);

/** What every client asks at first, and `doctor` itself: a key that may not do that is told by its probe. */
const OPENING: ReadonlySet<string> = new Set(['initialize', 'server/discover', 'ping', 'tools/list']);

export interface Denials {
  /** Notes a refusal for want of a scope. A disk that is full or read-only is no reason to disturb a client. */
  refused(error: UserError, kinds: readonly string[]): Promise<void>;
  /** Takes the note of that kind back. */
  granted(kind: string): Promise<void>;
}

type Subject = Pick<Credential, 'ref'> & { readonly record: Pick<KeyRecord, 'id'> | undefined };

export function createDenials(context: Parts, { ref, record }: Subject): Denials {
  const path = pathOf(context, ref);
  let last = Number.NEGATIVE_INFINITY;
  /** Of the note; undefined where it was not looked at yet. */
  let noted: Promise<string | null> | undefined;
  return {
    async refused({ code, message, hint = '' }, kinds) {
      const kind = kinds.find((each) => !OPENING.has(each));
      if (kind === undefined || code !== 'insufficient_scope' || !record || context.now() - last < QUIET) return;
      last = context.now();
      noted = Promise.resolve(kind);
      const denial: Denial = { at: new Date(last).toISOString(), keyId: record.id, kind, message, advice: hint };
      await quietly(() => writeAtomic(path, `${JSON.stringify(denial)}\n`));
    },
    async granted(kind) {
      if (OPENING.has(kind) || !record) return;
      noted ??= readDenial(context, ref).then((denial) => denial?.kind ?? null);
      if ((await noted.catch(() => null)) !== kind) return;
      noted = Promise.resolve(null);
      last = Number.NEGATIVE_INFINITY;
      await quietly(() => removeFile(path, { flush: false }));
    },
  };
}

async function quietly(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
  }
}

/** The last one of that key; undefined where there is none. */
export async function readDenial(context: Pick<Parts, 'paths'>, ref: string): Promise<Denial | undefined> {
  const found = parseJson((await readText(pathOf(context, ref))) ?? '');
  return isDenial(found) ? found : undefined;
}

const TEXTS = ['at', 'keyId', 'kind', 'message', 'advice'] as const satisfies readonly (keyof Denial)[];

function isDenial(value: unknown): value is Denial {
  if (!isObject(value)) return false;
  const fields: Partial<Record<keyof Denial, unknown>> = value;
  return TEXTS.every((field) => typeof fields[field] === 'string');
}
