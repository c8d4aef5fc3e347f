/** References to environment variables in clients' entries: how each client spells one, and which stand there. */
import type { Client, ClientFile, EntryRequest } from '../../clients/types.ts';
import { UserError } from '../../errors.ts';
import type { ServerEntry } from './clients.ts';

type Spelling = 'braces' | 'env' | 'curly' | 'secrets';

/** What stands behind the name is for a variable that is not set. */
const SPELLINGS: readonly (readonly [Spelling, RegExp])[] = [
  ['secrets', /\$\{\{\s*secrets\.(\w+)\s*\}\}()/],
  ['env', /\$\{env:([A-Za-z_]\w*)\}()/],
  ['curly', /\{env:([A-Za-z_]\w*)\}()/],
  ['braces', /\$\{([A-Z_][A-Z0-9_]*)(:-[^}]*)?\}/],
];

const VARIABLE = 'MCPKEY_SAMPLE_KEY';
const REQUESTS: Readonly<Record<'remote' | 'local', EntryRequest>> = {
  remote: {
    mode: 'env',
    url: 'https://mcp.example/mcp',
    headers: { Authorization: { prefix: 'Bearer ', variable: VARIABLE } },
  },
  local: { mode: 'env', run: { command: 'server', args: [], env: {} }, variables: { API_KEY: VARIABLE } },
};

/** The first reference in a spelling that the client does not know there; undefined where it expands all. */
export function strangeReference(client: Client, { parts }: ServerEntry, file: ClientFile): string | undefined {
  const inHeaders = [...Object.values(parts.headers), parts.url ?? ''];
  const inProcess = [...Object.values(parts.env), ...parts.args];
  const strange = (texts: readonly string[], known: Spelling | undefined) =>
    texts.find((text) => ![undefined, known].includes(spellingOf(text)));
  const found =
    strange(inHeaders, spellingIn(client, file, 'remote')) ?? strange(inProcess, spellingIn(client, file, 'local'));
  if (found === undefined) return undefined;
  return SPELLINGS.map(([, pattern]) => pattern.exec(found)?.[0]).find((text) => text !== undefined) ?? '';
}

/** Variables that an entry reads and that have nothing else to stand for them. Secrets of a workflow are none. */
export function variablesOf(client: Client, { entry, parts }: ServerEntry, file: ClientFile): readonly string[] {
  const texts = [...Object.values(parts.headers), parts.url ?? '', ...Object.values(parts.env), ...parts.args];
  const written = SPELLINGS.filter(([spelling]) => spelling !== 'secrets').flatMap(([, pattern]) =>
    texts.flatMap((text) => [...text.matchAll(new RegExp(pattern, 'g'))]),
  );
  const names = written.flatMap(([, name, instead]) => (name === undefined || instead ? [] : [name]));
  return [...new Set([...names, ...namedIn(entry, sample(client, file, 'remote'))])];
}

/** In fields that hold a variable's bare name: those that hold it in the client's own entry too. */
function namedIn(entry: unknown, own: unknown): readonly string[] {
  if (own === VARIABLE) return typeof entry === 'string' ? [entry] : [];
  if (typeof own !== 'object' || own === null || typeof entry !== 'object' || entry === null) return [];
  const fields = new Map(Object.entries(entry));
  return Object.entries(own).flatMap(([field, value]) => namedIn(fields.get(field), value));
}

const spellingOf = (text: string): Spelling | undefined => SPELLINGS.find(([, pattern]) => pattern.test(text))?.[0];

/** How the client itself spells one, as its own entry shows; undefined where it expands none. */
function spellingIn(client: Client, file: ClientFile, where: 'remote' | 'local'): Spelling | undefined {
  return spellingOf(JSON.stringify(sample(client, file, where)) ?? '');
}

/** The client's own entry with a variable; undefined where it has none. */
function sample(client: Client, file: ClientFile, where: 'remote' | 'local'): unknown {
  try {
    return client.entry(REQUESTS[where], { server: 'sample', platform: process.platform, scope: file.scope, file });
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
