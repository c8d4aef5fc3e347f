/** Findings that a person has marked as meant so, remembered in a file of this machine's own. */
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { readText, writeAtomic } from '../system/files.ts';
import { brokenFile, parseOwnJson } from '../system/json.ts';
import { type CheckId, isCheckId } from './ids.ts';
import type { CheckState } from './types.ts';

export interface Accepted {
  readonly id: CheckId;
  readonly subject: string;
  /** As it was accepted: what becomes an error later is told again. */
  readonly state: 'warning' | 'error';
}

type Parts = Pick<Context, 'paths' | 'locks'>;

const pathIn = ({ paths }: Pick<Parts, 'paths'>): string => join(paths.config, 'accepted.json');

/** Throws `bad_config_file`. */
export async function readAccepted(context: Pick<Parts, 'paths'>): Promise<readonly Accepted[]> {
  const path = pathIn(context);
  const text = await readText(path);
  if (text === undefined) return [];
  const document = parseOwnJson(text, path);
  if (Array.isArray(document) && document.every(isAccepted)) return document;
  throw brokenFile(path, 'not a list of findings');
}

function isAccepted(value: unknown): value is Accepted {
  if (typeof value !== 'object' || value === null) return false;
  const { id, subject, state }: Partial<Record<keyof Accepted, unknown>> = value;
  return (
    typeof id === 'string' && isCheckId(id) && typeof subject === 'string' && (state === 'warning' || state === 'error')
  );
}

/** Doing it twice does no harm. */
export async function accept(context: Parts, finding: Accepted): Promise<void> {
  await context.locks.with('accepted', async (lock) => {
    const others = (await readAccepted(context)).filter(
      ({ id, subject }) => id !== finding.id || subject !== finding.subject,
    );
    const text = `${JSON.stringify([...others, finding], null, 2)}\n`;
    await writeAtomic(pathIn(context), text, { beforeRename: () => lock.verify() });
  });
}

export const isMeant = (accepted: readonly Accepted[], id: CheckId, subject: string, state: CheckState): boolean =>
  accepted.some((each) => each.id === id && each.subject === subject && (state === 'warning' || each.state === state));
