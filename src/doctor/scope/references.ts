/** References to environment variables in clients' entries: how each client spells one, and which stand there. */
import type { Client, ClientFile, EntryParts, EntryRequest } from '../../clients/types.ts';
import { UserError } from '../../errors.ts';
import type { ServerEntry } from './clients.ts';

type Spelling = 'bare' | 'braces' | 'env' | 'curly' | 'secrets';

/** What stands behind the name is for a variable that is not set. */
const SPELLINGS: readonly (readonly [Spelling, RegExp])[] = [
  ['secrets', /\$\{\{\s*secrets\.(\w+)\s*\}\}()/g],
  ['env', /\$\{env:([A-Za-z_]\w*)\}()/g],
  ['curly', /(?<!\$)\{env:([A-Za-z_]\w*)\}()/g],
  ['braces', /\$\{([A-Za-z_]\w*)(:-[^}]*)?\}/g],
  // A password may begin with a dollar; the whole of a value, or what follows `Bearer`, in capitals is none.
  ['bare', /(?<=^(?:[A-Za-z]+ +)?)\$([A-Z_][A-Z0-9_]*)(?=$|[\s/:.])()/g],
];

/** Of editors themselves: the folder, the file at hand. */
const PLACEHOLDER =
  /^(?:workspace|project|extension|file|relativeFile|selected)(?![a-z_])|^(?:cwd|home|userHome|execPath|lineNumber|columnNumber|defaultBuildTask|pathSeparator|__dirname)$/;

const VARIABLE = 'MCPKEY_SAMPLE_KEY';
const REQUESTS: Readonly<Record<'remote' | 'local', EntryRequest>> = {
  remote: {
    mode: 'env',
    url: 'https://mcp.example/mcp',
    headers: { Authorization: { prefix: 'Bearer ', variable: VARIABLE } },
  },
  local: { mode: 'env', run: { command: 'server', args: [], env: {} }, variables: { API_KEY: VARIABLE } },
};

export interface Strange {
  readonly written: string;
  /** The same as the client spells it there; undefined where it expands none. */
  readonly right: string | undefined;
}

/** The first reference in a spelling that the client does not know there; undefined where it expands all. */
export function strangeReference(client: Client, { parts }: ServerEntry, file: ClientFile): Strange | undefined {
  const strange = (found: readonly Reference[], where: keyof typeof REQUESTS): Strange | undefined => {
    const own = ownReference(client, file, where);
    const first = found.find(
      ({ spelling }) => spelling !== own?.spelling && !(spelling === 'bare' && client.expandsBare),
    );
    return first && { written: first.written, right: own?.written.replace(VARIABLE, first.name) };
  };
  return strange(inRemote(parts), 'remote') ?? strange(inLocal(parts), 'local');
}

/** Variables that an entry reads and that have nothing else to stand for them. Secrets of a workflow are none. */
export function variablesOf(client: Client, { entry, parts }: ServerEntry, file: ClientFile): readonly string[] {
  const read = [...inRemote(parts), ...inLocal(parts)].filter(
    ({ spelling, hasDefault }) => spelling !== 'secrets' && !hasDefault,
  );
  return [...new Set([...read.map(({ name }) => name), ...namedIn(entry, sample(client, file, 'remote'))])];
}

interface Reference {
  readonly spelling: Spelling;
  readonly written: string;
  readonly name: string;
  readonly hasDefault: boolean;
}

const inRemote = ({ headers, url = '' }: EntryParts) => referencesIn([...Object.values(headers), url]);

/** An argument may be a template of the server's own, or be filled in by it from the variables that it is given. */
const inLocal = (parts: EntryParts) => [
  ...referencesIn(Object.values(parts.env)),
  ...referencesIn(beforeScript(parts)).filter(
    ({ spelling, name }) =>
      spelling !== 'bare' && !(spelling === 'braces' && /[a-z]/.test(name)) && parts.env[name] === undefined,
  ),
];

function referencesIn(texts: readonly string[]): readonly Reference[] {
  return SPELLINGS.flatMap(([spelling, pattern]) =>
    texts.flatMap((text) =>
      [...text.matchAll(pattern)].flatMap(([written, name = '', instead]) =>
        PLACEHOLDER.test(name) ? [] : [{ spelling, written, name, hasDefault: Boolean(instead) }],
      ),
    ),
  );
}

/** The arguments up to a shell's `-c`: what follows, the shell expands. */
function beforeScript({ command = '', args }: EntryParts): readonly string[] {
  const words = [command, ...args];
  const shell = words.findIndex((word) => /(?:^|[\\/])(?:ba|da|z|k|fi)?sh(?:\.exe)?$/.test(word));
  const script = shell === -1 ? -1 : words.findIndex((word, index) => index > shell && /^-[a-z]*c$/.test(word));
  return script === -1 ? args : words.slice(1, script);
}

/** In fields that hold a variable's bare name: those that hold it in the client's own entry too. */
function namedIn(entry: unknown, own: unknown): readonly string[] {
  if (own === VARIABLE) return typeof entry === 'string' ? [entry] : [];
  if (typeof own !== 'object' || own === null || typeof entry !== 'object' || entry === null) return [];
  const fields = new Map(Object.entries(entry));
  return Object.entries(own).flatMap(([field, value]) => namedIn(fields.get(field), value));
}

/** How the client itself spells one, as its own entry shows; undefined where it expands none. */
const ownReference = (client: Client, file: ClientFile, where: 'remote' | 'local'): Reference | undefined =>
  referencesIn([JSON.stringify(sample(client, file, where)) ?? ''])[0];

/** The client's own entry with a variable; undefined where it has none. */
function sample(client: Client, file: ClientFile, where: 'remote' | 'local'): unknown {
  try {
    return client.entry(REQUESTS[where], { server: 'sample', platform: process.platform, scope: file.scope, file });
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
