/** Finds credentials that stand in clear in the clients' config files of this machine. */
import { type EntryPlace, readEntries, readTexts, type TextLeaf } from '../clients/formats/index.ts';
import type { KeyPath } from '../clients/formats/types.ts';
import type { Client, ClientFile, ClientScope, PlaceMode } from '../clients/types.ts';
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

export interface Search {
  readonly findings: readonly Finding[];
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
    book.find(({ placement }) => placement.path === path && placement.server === server && isPlain(placement))?.ref ??
    null;
  const searched = (await context.clients()).flatMap((client) =>
    client.files(machine).map(async (file): Promise<Search> => {
      try {
        const bytes = await readRegular(file.path);
        const found = bytes === undefined ? [] : await findIn({ client, file }, bytes, forms);
        return { findings: found.map((one) => ({ ...one, ref: plain(file.path, one.server) })), broken: [] };
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        return { findings: [], broken: [{ client: client.id, path: file.path, error }] };
      }
    }),
  );
  const parts = await Promise.all(searched);
  return { findings: unique(parts.flatMap((part) => part.findings)), broken: parts.flatMap((part) => part.broken) };
}

const isPlain = ({ mode }: { mode: PlaceMode }): boolean => mode === 'plain';

/** Several clients may read one and the same file: what stands there once is told once. */
function unique(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Set<string>();
  return findings.filter(({ path, line, column, where, name, server }) => {
    const key = JSON.stringify([path, server, line, column, where, name]);
    const fresh = !seen.has(key);
    seen.add(key);
    return fresh;
  });
}

/** What stands in clear in one file's bytes. Throws `bad_config_file`. */
export async function findIn(
  { client, file }: ClientFileOf,
  bytes: Buffer,
  forms: readonly KeyForm[],
): Promise<readonly Finding[]> {
  const place = placeOf(file);
  const { text, leaves } = await readTexts(bytes, place);
  return Object.keys(await readEntries(bytes, place)).flatMap((server) => {
    const inside = textsOf(leaves, place, server);
    return detect(inside, forms).map((detected): Finding => {
      const leaf = inside.find(({ where }) => where === detected.where);
      return {
        client: client.id,
        title: client.title,
        scope: file.scope,
        path: file.path,
        server,
        ...positionIn(text, leaf?.leaf.start ?? 0),
        ...shown(detected),
        ref: null,
      };
    });
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
