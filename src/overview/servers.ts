/** Which servers the clients of this machine have, and where the key of each lies. */
import { findIn } from '../adopt/entries.ts';
import { type KeyForm, keyForms } from '../adopt/forms.ts';
import { readEntries } from '../clients/formats/index.ts';
import type { Client, ClientFile, ClientScope, PlaceMode } from '../clients/types.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { allPlacements } from '../placement/book.ts';
import { machineOf } from '../placement/machine.ts';
import { placeOf } from '../placement/target.ts';
import type { OwnedPlacement } from '../placement/types.ts';
import { readRegular } from '../system/files.ts';

export interface ServerRow {
  readonly client: string;
  readonly title: string;
  readonly scope: ClientScope;
  readonly path: string;
  readonly server: string;
  /** Null where mcpkey did not place it. */
  readonly ref: string | null;
  readonly mode: PlaceMode | null;
  /** Line of a secret that stands there in clear, from 1; null where there is none. */
  readonly clearLine: number | null;
}

export interface Survey {
  readonly servers: readonly ServerRow[];
  /** Files that do not parse: what is wrong, with line and column. */
  readonly broken: readonly string[];
}

/** Reads every client's files; those of the current folder's project count as well. */
export async function surveyServers(context: Context): Promise<Survey> {
  const machine = machineOf(context);
  const [owned, forms] = [await allPlacements(context), await keyForms(context)];
  const read = (await context.clients()).flatMap((client) =>
    distinct(client.files(machine)).map((file) => readOne({ client, file, owned, forms })),
  );
  const parts = await Promise.all(read);
  return {
    servers: parts.flatMap(({ servers }) => servers),
    broken: [...new Set(parts.flatMap((part) => part.broken))],
  };
}

/** In the home folder a client's user file and project file may be one and the same. */
function distinct(files: readonly ClientFile[]): readonly ClientFile[] {
  const tables = files.map(({ path, servers }) => JSON.stringify([path, servers]));
  return files.filter((_, index) => tables.indexOf(tables[index] ?? '') === index);
}

interface Place {
  readonly client: Client;
  readonly file: ClientFile;
  readonly owned: readonly OwnedPlacement[];
  readonly forms: readonly KeyForm[];
}

async function readOne(at: Place): Promise<Survey> {
  const { client, file, forms } = at;
  const bytes = await readRegular(file.path);
  if (bytes === undefined) return { servers: [], broken: [] };
  try {
    const names = Object.keys(await readEntries(bytes, placeOf(file)));
    const clear = await findIn({ client, file }, bytes, forms);
    const lineOf = (server: string) => clear.find((found) => found.server === server)?.line ?? null;
    return { servers: names.map((server) => row(at, server, lineOf(server))), broken: [] };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { servers: [], broken: [error.message] };
  }
}

function row({ client, file, owned }: Place, server: string, clearLine: number | null): ServerRow {
  const { path, scope } = file;
  const found = owned.find(({ placement }) => placement.path === path && placement.server === server);
  return {
    client: client.id,
    title: client.title,
    scope,
    path,
    server,
    ref: found?.ref ?? null,
    mode: found?.placement.mode ?? null,
    clearLine,
  };
}
