/** Which texts of one server's entry hold a credential in clear. Nothing is read from the disk here. */
import type { KeyPath } from '../clients/formats/types.ts';
import { CARRIED } from '../placement/carried.ts';
import { formFor, type KeyForm, keysIn } from './forms.ts';
import { carriesCredential, isClear, isWord, passwordIn, queriesIn, splitScheme } from './signs.ts';

export type CredentialKind = 'header' | 'bearer' | 'arg' | 'env' | 'url-query' | 'url-password';

/** One text of an entry. */
export interface EntryText {
  /** Keys below the entry; the place in a list is a number. */
  readonly where: KeyPath;
  readonly value: string;
}

/** One credential in a text; a text may hold several. */
export interface Detected {
  readonly where: KeyPath;
  readonly kind: CredentialKind;
  /** The header, option, variable or parameter; null where it stands under none. */
  readonly name: string | null;
  /** `Bearer`, where one stands before it. */
  readonly scheme: string | null;
  readonly value: string;
  /** Id of the provider whose keys have this form. */
  readonly provider: string | undefined;
}

const HEADERS = /^(?:http_?headers|headers|static_?headers)$/i;
const VARIABLES = /^(?:env|envs|environment)$/i;
const WORDS = /^(?:args|arguments|command|cmd)$/;
const ADDRESSES = /^(?:url|uri|serverUrl|httpUrl|baseUrl|endpoint)$/;
/** Fields whose value is sent as a bearer token. */
const BEARERS = /^(?:apiKey|api_key|bearer_?token|token|access_?token|authorization_token)$/i;
/** Names of ours: they say where something lies. */
const OWN = /^MCPKEY_/;

/** The texts of one entry, in order. */
export function detect(texts: readonly EntryText[], forms: readonly KeyForm[]): readonly Detected[] {
  const own = ownWords(texts);
  return texts.flatMap((text) => {
    if (own.has(text)) return [];
    const found = atPlace(text, texts);
    const known = new Set(found.map(({ value }) => value));
    const loose = keysIn(forms, text.value).filter(({ value }) => ![...known].some((one) => one.includes(value)));
    return [
      ...found.map((one) => ({ ...one, where: text.where, provider: formFor(forms, one.value)?.provider })),
      ...loose.map(({ value, form }) => ({
        where: text.where,
        kind: kindAt(text.where),
        name: nameAt(text.where),
        scheme: null,
        value,
        provider: form?.provider,
      })),
    ];
  });
}

type Found = Omit<Detected, 'where' | 'provider'>;

function atPlace(text: EntryText, texts: readonly EntryText[]): readonly Found[] {
  const { where, value } = text;
  const name = where.at(-1) ?? '';
  const table = where.at(-2) ?? '';
  if (HEADERS.test(table)) return inHeader(name, value);
  if (VARIABLES.test(table)) return inVariable(name, value);
  if (isListItem(where) && WORDS.test(table)) return inWord(value, before(text, texts));
  if (ADDRESSES.test(name)) return inAddress(value);
  if (BEARERS.test(name)) return named('bearer', name, value);
  return [];
}

const isListItem = (where: KeyPath): boolean => /^\d+$/.test(where.at(-1) ?? '');

const kindAt = (where: KeyPath): CredentialKind => {
  const [name = '', table = ''] = [where.at(-1), where.at(-2)];
  if (HEADERS.test(table)) return 'header';
  if (VARIABLES.test(table)) return 'env';
  return ADDRESSES.test(name) ? 'url-query' : 'arg';
};

const nameAt = (where: KeyPath): string | null => {
  const [name = '', table = ''] = [where.at(-1), where.at(-2)];
  return HEADERS.test(table) || VARIABLES.test(table) ? name : null;
};

/** The word before in the same list. */
function before({ where }: EntryText, texts: readonly EntryText[]): string {
  const list = where.slice(0, -1).join('\0');
  const index = String(Number(where.at(-1)) - 1);
  return (
    texts.find((other) => other.where.at(-1) === index && other.where.slice(0, -1).join('\0') === list)?.value ?? ''
  );
}

function named(kind: CredentialKind, name: string, text: string): readonly Found[] {
  const { scheme, value } = splitScheme(text);
  const fits = (scheme !== undefined || carriesCredential(name)) && isClear(value) && !isWord(name, value);
  return fits ? [{ kind, name, scheme: scheme ?? null, value }] : [];
}

function inHeader(name: string, value: string): readonly Found[] {
  const kind = /^bearer /i.test(value.trim()) ? 'bearer' : 'header';
  return named(kind, name, value.trim());
}

function inVariable(name: string, value: string): readonly Found[] {
  if (OWN.test(name) || CARRIED.has(name)) return [];
  if (passwordIn(value) !== undefined || queriesIn(value).length > 0)
    return [{ kind: 'env', name, scheme: null, value }];
  return named('env', name, value);
}

function inAddress(value: string): readonly Found[] {
  const password = passwordIn(value);
  const queries = queriesIn(value).map((query): Found => ({ kind: 'url-query', scheme: null, ...query }));
  if (password === undefined) return queries;
  return [{ kind: 'url-password', name: null, scheme: null, value: password }, ...queries];
}

const OPTION = /^--?([A-Za-z][\w-]*)(?:=([\s\S]*))?$/;
const HEADER_OPTION = /^(?:-H|--headers?)$/;
const ENV_OPTION = /^(?:-e|--env)$/;

/** A word of a command line, by the word before it. */
function inWord(word: string, previous: string): readonly Found[] {
  const header = HEADER_OPTION.test(previous) ? word : /^--headers?=([\s\S]+)$/.exec(word)?.[1];
  const colon = header === undefined ? -1 : header.indexOf(':');
  if (header !== undefined && colon > 0) return inHeader(header.slice(0, colon).trim(), header.slice(colon + 1));
  const assigned = /^(?:--env=)?([A-Za-z_]\w*)=([\s\S]+)$/.exec(word);
  if (assigned?.[1] !== undefined && assigned[2] !== undefined) {
    if (ENV_OPTION.test(previous) || word.startsWith('--env=')) return inVariable(assigned[1], assigned[2]);
    return named('arg', assigned[1], assigned[2]);
  }
  const [, option, value] = OPTION.exec(word) ?? [];
  if (option !== undefined) return value === undefined ? [] : named('arg', option, value);
  const asked = OPTION.exec(previous);
  if (asked?.[1] !== undefined && asked[2] === undefined) {
    const found = named('arg', asked[1], word);
    if (found.length > 0) return found;
  }
  return inAddress(word);
}

/** Words that call mcpkey name refs, no secrets: all of them up to the program that it starts. */
export function ownWords(texts: readonly EntryText[]): ReadonlySet<EntryText> {
  const words = texts.filter(({ where }) => WORDS.test(where[0] ?? '') && where.length <= 2);
  const start = words.findIndex(({ value }) => /(?:^|[\\/])mcpkey(?:\.cmd|\.exe|\.js)?$/i.test(value));
  if (start === -1 || start > 3) return new Set();
  const end = words.findIndex(({ value }, index) => index > start && value === '--');
  return new Set(words.slice(start, end === -1 ? undefined : end));
}
