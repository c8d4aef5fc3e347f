/** Adds, updates and removes plugins: one file a provider in mcpkey's data folder, and where it came from beside it. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { entryOf, isBuiltIn } from '../providers/index.ts';
import type { ProviderEntry } from '../providers/types.ts';
import { readText, removeFile, writeAtomic } from '../system/files.ts';
import { parseOwnJson } from '../system/json.ts';
import { typed } from '../typed.ts';
import { findProvider, pluginFile, readDefinition } from './load.ts';
import { type ProviderSource, readSource } from './source.ts';

type Needs = Pick<Context, 'cwd' | 'fetch' | 'paths' | 'locks' | 'profiles'>;

/** What is asked before anything is kept; false leaves all as it was. */
export interface Consent {
  /** A module runs with the person's own rights, from the first look at it on. */
  mayRun(path: string): Promise<boolean>;
  /** `before` is the provider that it replaces. */
  mayAdd(entry: ProviderEntry, before: ProviderEntry | undefined): Promise<boolean>;
}

/** What the text of a plugin must be, where someone else named it. */
export interface Pin {
  readonly id: string;
  /** SHA-256 in hex. */
  readonly sha256: string;
}

/**
 * Throws `conflict` (a built-in one's id, an id in use, another text than the pinned one), `bad_config_file` with the
 * path of each fault, `usage` (refused).
 */
export async function addProvider(context: Needs, named: string, consent: Consent, pin?: Pin): Promise<ProviderEntry> {
  const source = await readSource(context, named);
  if (pin) checkPin(source, pin);
  const entry = await judge(source, consent);
  if (pin && entry.id !== pin.id) throw otherId(source, entry.id, pin.id);
  if (isBuiltIn(entry.id)) {
    throw new UserError('conflict', `"${entry.id}" is built in: a plugin needs an id of its own.`, {
      hint: 'Change "id" in the file.',
    });
  }
  if (await pluginFile(entry.id, context.paths.providers)) {
    throw new UserError('conflict', `There is a provider "${entry.id}" already.`, {
      hint: `mcpkey provider update ${entry.id} FILE   or   mcpkey provider remove ${entry.id}`,
    });
  }
  if (!(await consent.mayAdd(entry, undefined))) throw refused();
  await keep(context, entry, source);
  return entry;
}

/**
 * Reads a plugin anew, from `named` or from where it came from. Undefined where nothing changed. Throws `not_found`,
 * `unsupported` (built in), `conflict` (another id).
 */
export async function updateProvider(
  context: Needs,
  id: string,
  named: string | undefined,
  consent: Consent,
): Promise<ProviderEntry | undefined> {
  const path = await installed(context, id, 'updated');
  const from = named ?? (await readText(originFile(context, id)))?.trim();
  if (!from)
    throw new UserError('usage', `Where "${id}" came from is not known.`, {
      hint: `mcpkey provider update ${id} FILE`,
    });
  const source = await readSource(context, from);
  if (digest(source.text) === digest((await readText(path)) ?? '')) return undefined;
  const entry = await judge(source, consent);
  if (entry.id !== id) throw otherId(source, entry.id, id);
  if (!(await consent.mayAdd(entry, await findProvider(id, context.paths.providers)))) throw refused();
  await keep(context, entry, source);
  return entry;
}

/** Throws `not_found`, `unsupported` (built in), `conflict` where profiles use it. */
export async function removeProvider(context: Needs, id: string): Promise<ProviderEntry> {
  const path = await installed(context, id, 'removed');
  const users = context.profiles.list().filter((profile) => profile.provider === id);
  if (users.length > 0) {
    throw new UserError('conflict', `"${id}" is used by: ${users.map((profile) => profile.name).join(', ')}.`, {
      hint: typed`First: mcpkey profile remove ${users[0]?.name ?? 'NAME'}`,
    });
  }
  const entry = entryOf(await readDefinition(path), 'plugin');
  await removeFile(path);
  await removeFile(originFile(context, id));
  return entry;
}

/** True where the plugin `id` is here with this very text; false where there is none. Throws `conflict` for another text. */
export async function hasPinned({ paths }: Pick<Context, 'paths'>, { id, sha256 }: Pin): Promise<boolean> {
  const path = isBuiltIn(id) ? undefined : await pluginFile(id, paths.providers);
  if (path === undefined) return false;
  if (digest((await readText(path)) ?? '') === sha256) return true;
  throw new UserError('conflict', `The provider "${id}" is here already, with another text than is pinned.`, {
    hint: `mcpkey provider show ${id}   and, if the pinned one is meant: mcpkey provider update ${id} FILE`,
  });
}

/** A module's text says nothing of what it loads, and it would run. */
function checkPin({ from, kind, text }: ProviderSource, { sha256 }: Pin): void {
  if (kind === 'mjs') {
    throw new UserError('unsupported', `${from} is a program, which no other file may name.`, {
      hint: 'Read it first, then: mcpkey provider add FILE',
    });
  }
  const is = digest(text);
  if (is === sha256) return;
  throw new UserError('conflict', `${from} is not what is pinned: its SHA-256 is ${is}.`, {
    hint: 'Ask whoever keeps the pin whether the new text is meant.',
  });
}

const otherId = ({ from }: ProviderSource, is: string, wanted: string) =>
  new UserError('conflict', `${from} is the provider "${is}", not "${wanted}".`);

async function judge(source: ProviderSource, consent: Consent): Promise<ProviderEntry> {
  if (source.kind === 'mjs') {
    if (!(await consent.mayRun(source.from))) throw refused();
    return entryOf(await readDefinition(source.from), 'plugin');
  }
  const { checkDefinition } = await import('../providers/schema.ts');
  return entryOf(checkDefinition({ manifest: parseOwnJson(source.text, source.from) }, source.from), 'plugin');
}

async function installed(context: Needs, id: string, done: string): Promise<string> {
  if (isBuiltIn(id)) {
    throw new UserError('unsupported', `"${id}" is built in: it comes and goes with mcpkey, and is not ${done}.`, {
      hint: 'mcpkey provider list',
    });
  }
  const path = /^[a-z0-9-]+$/.test(id) ? await pluginFile(id, context.paths.providers) : undefined;
  if (path) return path;
  throw new UserError('not_found', `There is no plugin "${id}".`, { hint: 'mcpkey provider list' });
}

async function keep(context: Needs, entry: ProviderEntry, source: ProviderSource): Promise<void> {
  const { providers } = context.paths;
  await context.locks.with('providers', async (lock) => {
    const before = await pluginFile(entry.id, providers);
    const path = join(providers, `${entry.id}.${source.kind}`);
    await lock.verify();
    await writeAtomic(path, source.text);
    await writeAtomic(originFile(context, entry.id), `${source.from}\n`);
    if (before !== undefined && before !== path) await removeFile(before);
  });
}

const originFile = ({ paths }: Pick<Context, 'paths'>, id: string) => join(paths.providers, `${id}.source`);
const digest = (text: string) => createHash('sha256').update(text).digest('hex');
const refused = () => new UserError('usage', 'Nothing was changed.', { hint: 'Add --yes to agree beforehand.' });
