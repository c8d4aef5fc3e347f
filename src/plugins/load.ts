/** All providers: the built-in ones and the plugins in mcpkey's data folder. Never the current folder's. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isSystemError, UserError } from '../errors.ts';
import type { ProviderDefinition } from '../providers/definition.ts';
import { entryOf, isBuiltIn, PROVIDERS } from '../providers/index.ts';
import type { ProviderEntry } from '../providers/types.ts';
import { readText } from '../system/files.ts';
import { parseOwnJson } from '../system/json.ts';

/** Names of plugin files: data first, where both are there. */
const KINDS = ['.json', '.mjs'] as const;

/** Sorted by id, built-in ones first. Throws `bad_config_file` where a plugin's file is broken. */
export async function allProviders(dir: string): Promise<readonly ProviderEntry[]> {
  const builtIn = await Promise.all(
    Object.values(PROVIDERS).map(async (load) => entryOf({ manifest: await load() }, 'built-in')),
  );
  const ids = [...new Set((await fileNames(dir)).map((name) => name.replace(/\.(?:json|mjs)$/, '')))].sort();
  const plugins = await Promise.all(ids.map((id) => plugin(id, dir)));
  return [...builtIn, ...plugins.filter((entry) => entry !== undefined)];
}

/** The provider called `id`; no other one is read. */
export async function findProvider(id: string, dir: string): Promise<ProviderEntry | undefined> {
  if (isBuiltIn(id)) return entryOf({ manifest: await PROVIDERS[id]() }, 'built-in');
  return /^[a-z0-9][a-z0-9-]*$/.test(id) ? plugin(id, dir) : undefined;
}

/** File of the plugin `id`, or undefined where there is none. */
export async function pluginFile(id: string, dir: string): Promise<string | undefined> {
  const names = await fileNames(dir);
  const kind = KINDS.find((ending) => names.includes(`${id}${ending}`));
  return kind === undefined ? undefined : join(dir, `${id}${kind}`);
}

/** The provider that a file describes, wherever it lies; undefined where there is no such file. */
export async function loadProvider(path: string): Promise<ProviderEntry | undefined> {
  return (await readText(path)) === undefined ? undefined : entryOf(await readDefinition(path), 'plugin');
}

/** Reads and checks a provider's file, wherever it lies. Throws `not_found`, `bad_config_file` with the path of each fault. */
export async function readDefinition(path: string): Promise<ProviderDefinition> {
  const text = await readText(path);
  if (text === undefined) throw new UserError('not_found', `There is no file ${path}.`);
  const { checkDefinition } = await import('../providers/schema.ts');
  if (!path.endsWith('.mjs')) return checkDefinition({ manifest: parseOwnJson(text, path) }, path);
  return checkDefinition((await importModule(path)).default, path);
}

/** Whatever a stranger's program throws while it loads is its own fault. */
async function importModule(path: string): Promise<{ readonly default?: unknown }> {
  try {
    return await import(pathToFileURL(path).href);
  } catch (error) {
    const what = error instanceof Error ? `${error.name}: ${error.message}` : 'it throws something else than an error';
    throw new UserError('bad_config_file', `${path} does not load. ${what}`, {
      hint: `node '${path}' says where.`,
      cause: error,
    });
  }
}

async function plugin(id: string, dir: string): Promise<ProviderEntry | undefined> {
  const path = await pluginFile(id, dir);
  return path === undefined || isBuiltIn(id) ? undefined : entryOf(await readDefinition(path), 'plugin');
}

async function fileNames(dir: string): Promise<readonly string[]> {
  try {
    return (await readdir(dir)).filter((name) => KINDS.some((ending) => name.endsWith(ending)));
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}
