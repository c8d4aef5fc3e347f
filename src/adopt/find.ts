/** Finds credentials that stand in clear in the clients' config files of this machine. */
import type { Client, ClientFile, ClientMachine } from '../clients/types.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { allPlacements } from '../placement/book.ts';
import { machineOf, projectFolder } from '../placement/machine.ts';
import type { OwnedPlacement } from '../placement/types.ts';
import { readRegular } from '../system/files.ts';
import { type ClientFileOf, type Finding, type FoundServer, serversIn } from './entries.ts';
import { type KeyForm, keyForms } from './forms.ts';

export type { Finding, FoundServer } from './entries.ts';

export interface Search {
  /** What stands in one file is told once, also where several clients read it. */
  readonly findings: readonly Finding[];
  readonly servers: readonly FoundServer[];
  /** Each file that was read, once. */
  readonly read: readonly ReadFile[];
  /** Files that could not be read: what is wrong, with line and column. */
  readonly broken: readonly { readonly client: string; readonly path: string; readonly error: UserError }[];
}

export interface ReadFile {
  readonly client: Client;
  readonly path: string;
  readonly bytes: Buffer;
  /** Refs of the keys that were placed there by mode `plain`. */
  readonly plain: readonly string[];
}

/** Every file of every client; those of the project in `dir` (the current folder) count as well. A broken file is told, not thrown. */
export async function findCredentials(context: Context, dir?: string): Promise<Search> {
  const machine = machineOf(context, await projectFolder(context, dir));
  const [forms, book] = [await keyForms(context), await allPlacements(context)];
  const seek: Seek = { read: readOnce(), forms, book };
  // One after the other: a file that holds the entries of many folders is parsed once.
  const searched = (await context.clients()).map(async (client) => {
    const parts: SearchPart[] = [];
    for (const at of filesOf(client, machine)) parts.push(await searchOne(seek, { client, ...at }));
    return parts;
  });
  const parts = (await Promise.all(searched)).flat();
  const servers = unique(parts.flatMap((part) => part.servers));
  return {
    servers,
    findings: servers.flatMap(({ findings }) => findings),
    read: parts.flatMap((part) => part.read).filter(isFirstOfPath),
    broken: parts.flatMap((part) => part.broken).filter(isFirstOfPath),
  };
}

type SearchPart = Omit<Search, 'findings'>;

interface Seek {
  readonly read: (path: string) => Promise<Buffer | undefined>;
  readonly forms: readonly KeyForm[];
  readonly book: readonly OwnedPlacement[];
}

async function searchOne({ read, forms, book }: Seek, at: ClientFileOf & { dir: string }): Promise<SearchPart> {
  const { path } = at.file;
  const placed = book.filter(({ placement }) => placement.path === path && placement.mode === 'plain');
  const plain = placed.map(({ ref }) => ref);
  const refOf = (server: string) => placed.find(({ placement }) => placement.server === server)?.ref ?? null;
  try {
    const bytes = await read(path);
    const found = bytes === undefined ? [] : await serversIn(at, bytes, forms);
    const servers = found.map((one) => ({
      ...one,
      findings: one.findings.map((each) => ({ ...each, ref: refOf(one.server) })),
    }));
    return { servers, broken: [], read: bytes === undefined ? [] : [{ client: at.client, path, bytes, plain }] };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { servers: [], read: [], broken: [{ client: at.client.id, path, error }] };
  }
}

/** One file holds the entries of many folders: it is read once, so that it is parsed once. */
function readOnce(): (path: string) => Promise<Buffer | undefined> {
  const files = new Map<string, Promise<Buffer | undefined>>();
  return (path) => {
    const known = files.get(path) ?? readRegular(path);
    files.set(path, known);
    return known;
  };
}

const isFirstOfPath = ({ path }: { path: string }, index: number, all: readonly { path: string }[]): boolean =>
  all.findIndex((other) => other.path === path) === index;

/** The files of this project and the user, and what the client keeps of other projects in a file of its own. */
function filesOf(client: Client, machine: ClientMachine): readonly { file: ClientFile; dir: string }[] {
  const { dir } = machine;
  const others = (client.folders?.(machine) ?? []).filter((folder) => folder !== dir);
  return [dir, ...others].flatMap((folder) =>
    client
      .files({ ...machine, dir: folder })
      .filter(({ scope }) => folder === dir || scope === 'local')
      .map((file) => ({ file, dir: folder })),
  );
}

/** Several clients may read one and the same table: the first of them is told. */
function unique(servers: readonly FoundServer[]): readonly FoundServer[] {
  const seen = new Set<string>();
  return servers.filter(({ file, server }) => {
    const key = JSON.stringify([file.path, file.servers, server]);
    const fresh = !seen.has(key);
    seen.add(key);
    return fresh;
  });
}
