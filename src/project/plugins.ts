/** The plugins that a project names: each pinned by its digest, shown and asked about before it is kept. */
import { resolve, sep } from 'node:path';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { addProvider, type Consent, hasPinned } from '../plugins/install.ts';
import type { Project } from './file.ts';

/** Ids of those that are not here yet. Throws `conflict` where one is here with another text. */
export async function missingPlugins(context: Context, { file }: Project): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const [id, { sha256 }] of Object.entries(file.providers ?? {})) {
    if (!(await hasPinned(context, { id, sha256 }))) missing.push(id);
  }
  return missing;
}

/** Ids of those that were added. Throws as `addProvider` does. */
export async function addPlugins(context: Context, project: Project, consent: Consent): Promise<readonly string[]> {
  const added = await missingPlugins(context, project);
  for (const id of added) {
    const plugin = project.file.providers?.[id];
    if (plugin) await addProvider(context, sourceOf(project, plugin.from), consent, { id, sha256: plugin.sha256 });
  }
  return added;
}

/** An address, or a file of the project: nothing else of this machine is read on a project's word. */
function sourceOf({ dir, path }: Project, from: string): string {
  if (/^https?:\/\//i.test(from)) return from;
  const file = resolve(dir, from);
  if (file.startsWith(dir + sep)) return file;
  throw new UserError('usage', `${path}: ${from} is not below the project’s folder.`, {
    hint: 'Name an https address, or a file of the project.',
  });
}
