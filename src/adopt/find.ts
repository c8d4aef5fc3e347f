/** Finds credentials that stand in clear in the clients' config files of this machine. */
import { type EntryPlace, readEntries, readTexts, type TextLeaf } from '../clients/formats/index.ts';
import type { KeyPath } from '../clients/formats/types.ts';
import type { Client, ClientFile, ClientMachine, ClientScope } from '../clients/types.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { allPlacements } from '../placement/book.ts';
import { machineOf, projectFolder } from '../placement/machine.ts';
import { placeOf } from '../placement/target.ts';
import { type Secret, secret } from '../secret.ts';
import { readRegular } from '../system/files.ts';
import { type CredentialKind, type Detected, detect } from './detect.ts';
import { type KeyForm, keyForms } from './forms.ts';

/** One credential in clear. */
export interface Finding {
  readonly client: string;
  readonly title: string;
  readonly scope: ClientScope;
  readonly path: string;
  readonly server: string;
  /** Both from 1: where the text begins that holds it. */
  readonly line: number;
  readonly column: number;
  /** Keys below the entry, `['headers', 'Authorization']`; the place in a list is a number. */
  readonly where: KeyPath;
  readonly kind: CredentialKind;
  /** The header, option, variable or parameter; null where it stands under none. */
  readonly name: string | null;
  /** `Bearer`, where one stands before it. */
  readonly scheme: string | null;
  readonly value: Secret;
  /** What may be shown of it. */
  readonly masked: string;
  /** Id of the provider whose keys have this form. */
  readonly provider: string | undefined;
  /** The key that mcpkey placed there by mode `plain`, as it was asked to; null: not mcpkey's. */
  readonly ref: string | null;
}

/** An entry with a credential in clear. */
export interface FoundServer {
  readonly client: Client;
  readonly file: ClientFile;
  /** Project folder that `project` and `local` scope are about. */
  readonly dir: string;
  readonly server: string;
  readonly entry: unknown;
  readonly findings: readonly Finding[];
}

export interface Search {
  /** What stands in one file is told once, also where several clients read it. */
  readonly findings: readonly Finding[];
  readonly servers: readonly FoundServer[];
  /** Files that could not be read: what is wrong, with line and column. */
  readonly broken: readonly { readonly client: string; readonly path: string; readonly error: UserError }[];
}

export interface ClientFileOf {
  readonly client: Client;
  readonly file: ClientFile;
}

/** Every file of every client; those of the project in `dir` (the current folder) count as well. A broken file is told, not thrown. */
export async function findCredentials(context: Context, dir?: string): Promise<Search> {
  const machine = machineOf(context, await projectFolder(context, dir));
  const [forms, book] = [await keyForms(context), await allPlacements(context)];
  const plain = (path: string, server: string): string | null =>
    book.find(({ placement }) => placement.path === path && placement.server === server && placement.mode === 'plain')
      ?.ref ?? null;
  const searched = (await context.clients()).flatMap((client) =>
    filesOf(client, machine).map(async ({ file, dir: folder }): Promise<Omit<Search, 'findings'>> => {
      try {
        const bytes = await readRegular(file.path);
        const found = bytes === undefined ? [] : await serversIn({ client, file, dir: folder }, bytes, forms);
        const told = found.map((one) => ({
          ...one,
          findings: one.findings.map((each) => ({ ...each, ref: plain(file.path, one.server) })),
        }));
        return { servers: told, broken: [] };
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        return { servers: [], broken: [{ client: client.id, path: file.path, error }] };
      }
    }),
  );
  const parts = await Promise.all(searched);
  const servers = unique(parts.flatMap((part) => part.servers));
  return {
    servers,
    findings: servers.flatMap(({ findings }) => findings),
    broken: parts.flatMap((part) => part.broken).filter(isFirstOfPath),
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

/** What stands in clear in one file's bytes. Throws `bad_config_file`. */
export async function findIn(of: ClientFileOf, bytes: Buffer, forms: readonly KeyForm[]): Promise<readonly Finding[]> {
  return (await serversIn({ ...of, dir: '' }, bytes, forms)).flatMap(({ findings }) => findings);
}

async function serversIn(
  of: ClientFileOf & { dir: string },
  bytes: Buffer,
  forms: readonly KeyForm[],
): Promise<readonly FoundServer[]> {
  const place = placeOf(of.file);
  const { text, leaves } = await readTexts(bytes, place);
  return Object.entries(await readEntries(bytes, place)).flatMap(([server, entry]) => {
    const inside = textsOf(leaves, place, server);
    const findings = detect(inside, forms).map((detected): Finding => {
      const leaf = inside.find(({ where }) => where === detected.where);
      return {
        client: of.client.id,
        title: of.client.title,
        scope: of.file.scope,
        path: of.file.path,
        server,
        ...positionIn(text, leaf?.leaf.start ?? 0),
        ...shown(detected),
        ref: null,
      };
    });
    return findings.length === 0 ? [] : [{ ...of, server, entry, findings }];
  });
}

/** The texts of one entry, by their place in it. */
export function textsOf(leaves: readonly TextLeaf[], { servers }: Pick<EntryPlace, 'servers'>, server: string) {
  const entry = [...servers, server];
  return leaves
    .filter(({ path }) => path.length > entry.length && entry.every((key, index) => path[index] === key))
    .map((leaf) => ({ leaf, where: leaf.path.slice(entry.length), value: leaf.value }));
}

const shown = ({ value, ...rest }: Detected) => ({ ...rest, value: secret(value), masked: mask(value) });

/** The first characters of one that is long enough for four to tell little, and how long it is. */
export const mask = (value: string): string =>
  `${value.slice(0, value.length >= 16 ? 4 : 0)}… (${value.length} characters)`;

function positionIn(text: string, offset: number): { line: number; column: number } {
  const lines = text.slice(0, offset).split(/\r\n|\n|\r/);
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}
