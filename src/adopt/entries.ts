/** Which entries of one config file hold credentials in clear, and where in the file. */
import { type EntryPlace, readEntries, readTexts } from '../clients/formats/index.ts';
import type { KeyPath } from '../clients/formats/types.ts';
import type { Client, ClientFile, ClientScope } from '../clients/types.ts';
import { placeOf } from '../placement/target.ts';
import { type Secret, secret } from '../secret.ts';
import { type CredentialKind, type Detected, detect, type EntryText } from './detect.ts';
import type { KeyForm } from './forms.ts';

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

export interface ClientFileOf {
  readonly client: Client;
  readonly file: ClientFile;
}

/** What stands in clear in one file's bytes. Throws `bad_config_file`. */
export async function findIn(of: ClientFileOf, bytes: Buffer, forms: readonly KeyForm[]): Promise<readonly Finding[]> {
  return (await serversIn({ ...of, dir: '' }, bytes, forms)).flatMap(({ findings }) => findings);
}

/** The entries that hold any. Throws `bad_config_file`. */
export async function serversIn(
  of: ClientFileOf & { dir: string },
  bytes: Buffer,
  forms: readonly KeyForm[],
): Promise<readonly FoundServer[]> {
  const place = placeOf(of.file);
  const found: FoundServer[] = [];
  for (const [server, entry] of Object.entries(await readEntries(bytes, place))) {
    const detected = detect(textsIn(entry, []), forms);
    if (detected.length === 0) continue;
    // Where it stands is looked up only where there is something to tell.
    const places = await startsIn(bytes, place);
    const findings = detected.map((one): Finding => {
      const { client, file } = of;
      const at = places(keyOf([...place.servers, server, ...one.where]));
      const whose = { client: client.id, title: client.title, scope: file.scope, path: file.path, server };
      return { ...whose, ...at, ...shown(one), ref: null };
    });
    found.push({ ...of, server, entry, findings });
  }
  return found;
}

/** Every text of an entry, with its place in it. */
function textsIn(value: unknown, where: KeyPath): readonly EntryText[] {
  if (typeof value === 'string') return [{ where, value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]: [string, unknown]) => textsIn(member, [...where, key]));
}

const keyOf = (path: KeyPath): string => JSON.stringify(path);

type Position = Pick<Finding, 'line' | 'column'>;

/** By a file's bytes; lists whose items name themselves have other paths, and are few. */
const starts = new WeakMap<Buffer, (key: string) => Position>();

/** Where each text of the file begins. */
async function startsIn(bytes: Buffer, place: EntryPlace): Promise<(key: string) => Position> {
  const known = place.named === undefined ? starts.get(bytes) : undefined;
  if (known) return known;
  const { text, leaves } = await readTexts(bytes, place);
  const offsets = new Map(leaves.map(({ path, start }) => [keyOf(path), start]));
  const lookup = (key: string) => positionIn(text, offsets.get(key) ?? 0);
  if (place.named === undefined) starts.set(bytes, lookup);
  return lookup;
}

const shown = ({ value, ...rest }: Detected) => ({ ...rest, value: secret(value), masked: mask(value) });

/** The first characters of one that is long enough for four to tell little, and how long it is. */
const mask = (value: string): string => `${value.slice(0, value.length >= 16 ? 4 : 0)}… (${value.length} characters)`;

function positionIn(text: string, offset: number): Position {
  const lines = text.slice(0, offset).split(/\r\n|\n|\r/);
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}
