/** Every client that mcpkey knows, and what of it is on this machine. */
import { readEntries } from '../clients/formats/index.ts';
import type { ClientScope, PlaceMode } from '../clients/types.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { readRegular } from '../system/files.ts';
import { remoteModes } from './entry.ts';
import { filesIn, isFound, machineOf, projectFolder } from './machine.ts';
import { placeOf } from './target.ts';

/** A row of the document of `clients`. */
export interface ClientSurvey {
  readonly id: string;
  readonly title: string;
  readonly found: boolean;
  readonly files: readonly {
    readonly scope: ClientScope;
    readonly path: string;
    readonly exists: boolean;
    readonly servers: readonly string[];
    /** Why the file could not be read, or null. */
    readonly error: string | null;
  }[];
  /** For a remote server; a local one is wrapped in every client. */
  readonly modes: readonly PlaceMode[];
}

/** `dir` is the project whose files count as well; the current folder by default. A broken file is told, not thrown. */
export async function surveyClients(context: Context, dir?: string): Promise<readonly ClientSurvey[]> {
  const machine = machineOf(context, await projectFolder(context, dir));
  const clients = await context.clients();
  return Promise.all(
    clients.map(async (client) => {
      const found = await isFound(context, client, machine);
      const files = await Promise.all(
        client.files(machine).map(async (file) => {
          const { scope, path } = file;
          try {
            const bytes = await readRegular(path);
            const servers = Object.keys(await readEntries(bytes, placeOf(file)));
            return { scope, path, exists: bytes !== undefined, servers, error: null };
          } catch (error) {
            if (!(error instanceof UserError)) throw error;
            return { scope, path, exists: true, servers: [], error: error.message };
          }
        }),
      );
      return { id: client.id, title: client.title, found, files, modes: remoteModes(client, context.platform) };
    }),
  );
}

/** Those that an entry can be placed into in that scope, the ones that are here first. */
export async function placeableClients(
  context: Context,
  scope: ClientScope,
  dir?: string,
): Promise<readonly ClientSurvey[]> {
  const survey = await surveyClients(context, dir);
  const machine = machineOf(context, await projectFolder(context, dir));
  const clients = await context.clients();
  const fit = new Set(clients.filter((client) => filesIn(client, scope, machine).length > 0).map(({ id }) => id));
  return survey.filter(({ id }) => fit.has(id)).sort((one, other) => Number(other.found) - Number(one.found));
}

/** A line for each client that is here and has no file in that scope now; mcpkey does not make it. */
export async function skippedClients(context: Context, scope: ClientScope, dir?: string): Promise<readonly string[]> {
  const machine = machineOf(context, await projectFolder(context, dir));
  const lines: string[] = [];
  for (const client of await context.clients()) {
    const files = client.files(machine).filter((file) => !file.aside);
    // One that has files of other scopes alone is not meant.
    if (files.length > 0 && !files.some((file) => file.scope === scope)) continue;
    if (filesIn(client, scope, machine).length > 0 || !(await isFound(context, client, machine))) continue;
    const missing = files.find((file) => file.scope === scope);
    const why = missing
      ? `${missing.path} is not there, and mcpkey does not make it`
      : 'it has no file for mcpkey to write';
    lines.push(
      `${client.title} is left out: ${why}. Print the entry and paste it: mcpkey place KEY ${client.id} --print`,
    );
  }
  return lines;
}

/** Ids of the clients that are here and have files of that scope. Throws `not_found` where there is none. */
export async function detectedClients(context: Context, scope: ClientScope, dir?: string): Promise<readonly string[]> {
  const here = (await placeableClients(context, scope, dir)).filter(({ found }) => found);
  if (here.length > 0) return here.map(({ id }) => id);
  throw new UserError('not_found', 'No MCP client was found on this machine.', { hint: 'Name one: mcpkey clients' });
}
