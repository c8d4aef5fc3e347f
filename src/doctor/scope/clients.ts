/** The clients of this machine as they read their files: what parses, and what stands in it. */
import { stat } from 'node:fs/promises';
import { isSame } from '../../clients/formats/data.ts';
import { readEntries } from '../../clients/formats/index.ts';
import type { Client, ClientFile, EntryParts } from '../../clients/types.ts';
import type { Context } from '../../context.ts';
import { isSystemError, UserError } from '../../errors.ts';
import { isFound, machineOf } from '../../placement/machine.ts';
import { placeOf } from '../../placement/target.ts';
import type { LocatedPlacement } from '../../placement/unplace.ts';
import { readRegular } from '../../system/files.ts';

export interface ServerEntry {
  readonly name: string;
  readonly entry: unknown;
  readonly parts: EntryParts;
  /** Where mcpkey placed it. */
  readonly owned: LocatedPlacement | undefined;
}

export interface FileState {
  readonly file: ClientFile;
  readonly bytes: Buffer;
  /** Permission bits. */
  readonly mode: number;
  readonly servers: readonly ServerEntry[];
  /** Why it could not be read: with line and column where the parser has them. */
  readonly error: UserError | undefined;
}

export interface ClientState {
  readonly client: Client;
  /** Those that exist, in the client's order. */
  readonly files: readonly FileState[];
}

/**
 * Clients that have a file here. Those of the current folder's project count as well; what stands in a file of theirs
 * harms nobody where the client itself is not on this machine and nothing is placed in it.
 */
export async function readClients(
  context: Context,
  placements: readonly LocatedPlacement[],
): Promise<readonly ClientState[]> {
  const machine = machineOf(context);
  const states = (await context.clients()).map(async (client): Promise<ClientState> => {
    const files = distinct(client.files(machine));
    const isPlaced = placements.some((placement) => placement.client.id === client.id);
    const isThere =
      files.some(({ path }) => machine.exists(path)) && (isPlaced || (await isFound(context, client, machine)));
    const read = isThere ? await Promise.all(files.map((file) => readFile(client, file, placements))) : [];
    return { client, files: read.flatMap((file) => file ?? []) };
  });
  return (await Promise.all(states)).filter(({ files }) => files.length > 0);
}

/** In the home folder the project's file may be the user's. */
function distinct(files: readonly ClientFile[]): readonly ClientFile[] {
  const key = ({ path, servers }: ClientFile) => JSON.stringify([path, servers]);
  return files.filter((file, index) => files.findIndex((other) => key(other) === key(file)) === index);
}

async function readFile(
  client: Client,
  file: ClientFile,
  placements: readonly LocatedPlacement[],
): Promise<FileState | undefined> {
  try {
    const bytes = await readRegular(file.path);
    if (bytes === undefined) return undefined;
    const { mode } = await stat(file.path);
    return { file, bytes, mode: mode & 0o777, ...(await readServers(client, file, bytes, placements)) };
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    if (!(error instanceof UserError)) throw error;
    return { file, bytes: Buffer.alloc(0), mode: 0, servers: [], error };
  }
}

async function readServers(
  client: Client,
  file: ClientFile,
  bytes: Buffer,
  placements: readonly LocatedPlacement[],
): Promise<Pick<FileState, 'servers' | 'error'>> {
  try {
    const entries = await readEntries(bytes, placeOf(file));
    const servers = Object.entries(entries).map(([name, entry]) => ({
      name,
      entry,
      parts: client.read(entry),
      owned: placements.find(
        ({ owned: { placement }, place }) =>
          placement.client === client.id &&
          placement.server === name &&
          place.path === file.path &&
          isSame(place.servers, file.servers),
      ),
    }));
    return { servers, error: undefined };
  } catch (error) {
    if (error instanceof UserError) return { servers: [], error };
    throw error;
  }
}
