/** Which servers the clients of this machine have, and where the key of each lies. */
import { readEntries, readTexts, type TextLeaf } from '../clients/formats/index.ts';
import type { Client, ClientFile, ClientScope, PlaceMode } from '../clients/types.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { allPlacements } from '../placement/book.ts';
import { machineOf } from '../placement/machine.ts';
import { placeOf } from '../placement/target.ts';
import type { OwnedPlacement } from '../placement/types.ts';
import { readRegular } from '../system/files.ts';
import { isClearSecret } from './clear.ts';

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
  const owned = await allPlacements(context);
  const read = (await context.clients()).flatMap((client) =>
    distinct(client.files(machine)).map((file) => readOne({ client, file, owned })),
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
}

async function readOne({ client, file, owned }: Place): Promise<Survey> {
  const bytes = await readRegular(file.path);
  if (bytes === undefined) return { servers: [], broken: [] };
  try {
    const place = placeOf(file);
    const names = Object.keys(readEntries(bytes, place));
    const { text, leaves } = readTexts(bytes, place);
    return { servers: names.map((server) => row({ client, file, owned }, server, text, leaves)), broken: [] };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { servers: [], broken: [error.message] };
  }
}

function row({ client, file, owned }: Place, server: string, text: string, leaves: readonly TextLeaf[]): ServerRow {
  const { path, scope, servers } = file;
  const entry = [...servers, server];
  const found = owned.find(({ placement }) => placement.path === path && placement.server === server);
  const clear = leaves.find((leaf) => isBelow(leaf.path, entry) && isClearSecret(leaf));
  return {
    client: client.id,
    title: client.title,
    scope,
    path,
    server,
    ref: found?.ref ?? null,
    mode: found?.placement.mode ?? null,
    clearLine: clear === undefined ? null : text.slice(0, clear.start).split('\n').length,
  };
}

const isBelow = (path: readonly string[], above: readonly string[]): boolean =>
  path.length > above.length && above.every((key, index) => path[index] === key);
