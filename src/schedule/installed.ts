/** What was put into the scheduler, so that it is found again whatever the environment is then. */
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { readText, removeFile, writeAtomic } from '../system/files.ts';
import { brokenFile, parseOwnJson } from '../system/json.ts';
import type { TimeOfDay } from './types.ts';

export interface Installed {
  readonly name: string;
  readonly at: TimeOfDay;
  readonly command: readonly string[];
  /** Absolute. */
  readonly files: readonly string[];
  /** Made for them, outermost first; what was installed before has none. */
  readonly folders?: readonly string[] | undefined;
}

const pathOf = ({ paths }: Pick<Context, 'paths'>) => join(paths.config, 'schedule.json');

export async function readInstalled(context: Pick<Context, 'paths'>): Promise<Installed | undefined> {
  const path = pathOf(context);
  const text = await readText(path);
  if (text === undefined) return undefined;
  const document = parseOwnJson(text, path);
  if (isInstalled(document)) return document;
  throw brokenFile(path, 'not what was scheduled');
}

export const writeInstalled = (context: Pick<Context, 'paths'>, installed: Installed): Promise<void> =>
  writeAtomic(pathOf(context), `${JSON.stringify(installed, null, 2)}\n`);

export const forgetInstalled = async (context: Pick<Context, 'paths'>): Promise<void> => {
  await removeFile(pathOf(context));
};

const areTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((each: unknown) => typeof each === 'string');

function isInstalled(value: unknown): value is Installed {
  if (typeof value !== 'object' || value === null) return false;
  const fields: Partial<Record<keyof Installed, unknown>> = value;
  const { name, at, command, files, folders = [] } = fields;
  const time = typeof at === 'object' && at !== null && 'hour' in at && 'minute' in at;
  return typeof name === 'string' && time && [command, files, folders].every(areTexts);
}
