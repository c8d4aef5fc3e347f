/** Reads a project's mcpkey.json. */
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { retell, UserError } from '../errors.ts';
import { projectFolder } from '../placement/machine.ts';
import { PROJECT_FILE, projectName } from '../placement/project.ts';
import { readRegular } from '../system/files.ts';
import { ownText, parseOwnJson } from '../system/json.ts';
import { refuseDuplicates } from './duplicates.ts';
import type { ProjectFile } from './schema.ts';

export interface Project {
  /** Absolute, free of links. */
  readonly dir: string;
  readonly path: string;
  readonly name: string;
  readonly file: ProjectFile;
}

/** That of the current folder. Throws `not_found` where there is none, `bad_config_file`. */
export async function readProject(context: Context): Promise<Project> {
  const dir = await projectFolder(context, undefined);
  const path = join(dir, PROJECT_FILE);
  const bytes = await readRegular(path);
  if (bytes === undefined) {
    throw new UserError('not_found', `There is no ${PROJECT_FILE} in ${dir}.`, {
      hint: 'Go to the project’s folder, or write one from what is placed here: mcpkey init',
    });
  }
  const { checkProject } = await import('./schema.ts');
  const file = checkProject(readOnce(bytes, path), path);
  return { dir, path, name: await projectName(dir), file };
}

/** Throws `bad_config_file`, with what to run once the file is mended: people wrote it, so it is not moved away. */
function readOnce(bytes: Buffer, path: string): unknown {
  try {
    const text = ownText(bytes, path);
    const data = parseOwnJson(text, path);
    refuseDuplicates(text, path);
    return data;
  } catch (error) {
    throw error instanceof UserError ? retell(error, { hint: 'Mend it, then run: mcpkey up' }) : error;
  }
}
