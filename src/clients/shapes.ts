/** The shapes that several clients share: a started command, and a remote server with headers. */
import { UserError } from '../errors.ts';
import { shellCommand } from './shell.ts';
import type { Client, EntryCommand, EntryParts, EntryRequest } from './types.ts';

export type Entry = Readonly<Record<string, unknown>>;

export interface Shape {
  /** Title of the client, for errors. */
  readonly title: string;
  /** Fields before and behind those of a started command. */
  readonly stdio?: Entry;
  readonly stdioEnd?: Entry;
  /** Fields before and behind those of a remote server; absent where the client takes none. */
  readonly remote?: Entry;
  readonly remoteEnd?: Entry;
  /** The client's own syntax for an environment variable; absent where it expands none. */
  readonly variable?: (name: string) => string;
  /** Variables are expanded for a local server alone. */
  readonly variableIn?: 'local';
  /** Field whose value is a shell command that prints the headers as JSON. */
  readonly helper?: string;
  /** Names of fields where they are not the usual ones. */
  readonly fields?: Partial<FieldNames>;
}

export interface FieldNames {
  readonly url: string;
  /** From the entry down to the headers. */
  readonly headers: readonly string[];
  readonly command: string;
  /** Undefined where the command is a list that has the arguments in it. */
  readonly args: string | undefined;
  readonly env: string;
}

const USUAL: FieldNames = { url: 'url', headers: ['headers'], command: 'command', args: 'args', env: 'env' };

export const namesOf = (shape: Pick<Shape, 'fields'>): FieldNames => ({ ...USUAL, ...shape.fields });

/** The members that a shape alone makes up, for a client that has no more to it. */
export function shaped(shape: Shape): Pick<Client, 'title' | 'entry' | 'read'> {
  return {
    title: shape.title,
    entry: (request) => shapedEntry(shape, request),
    read: (entry) => readParts(shape, entry),
  };
}

/** Entry in the given shape. Throws `unsupported` for what the shape has no place for. */
export function shapedEntry(shape: Shape, request: EntryRequest): Entry {
  if (request.mode === 'proxy' || request.mode === 'wrap') return started(shape, request.run);
  if (request.mode === 'helper') {
    if (!shape.helper) throw unsupported(shape, 'runs no helper for its headers', 'proxy');
    return remote(shape, request.url, { [shape.helper]: shellCommand(request.run) });
  }
  if (request.mode === 'env') return variableEntry(shape, request);
  return 'run' in request ? started(shape, request.run) : remote(shape, request.url, withHeaders(shape, request));
}

function variableEntry(shape: Shape, request: Extract<EntryRequest, { mode: 'env' }>): Entry {
  const { variable } = shape;
  if (!variable) throw unsupported(shape, 'expands no environment variables', 'run' in request ? 'wrap' : 'proxy');
  if ('run' in request) {
    const references = Object.entries(request.variables).map(([name, source]) => [name, variable(source)]);
    return started(shape, { ...request.run, env: { ...request.run.env, ...Object.fromEntries(references) } });
  }
  if (shape.variableIn === 'local') throw unsupported(shape, 'expands no variables in the headers', 'proxy');
  const headers = Object.entries(request.headers).map(([name, from]) => [name, from.prefix + variable(from.variable)]);
  return remote(shape, request.url, withHeaders(shape, { headers: Object.fromEntries(headers) }));
}

function started(shape: Shape, run: EntryCommand): Entry {
  const names = namesOf(shape);
  const line =
    names.args === undefined
      ? { [names.command]: [run.command, ...run.args] }
      : { [names.command]: run.command, [names.args]: run.args };
  const env = Object.keys(run.env).length > 0 ? { [names.env]: run.env } : {};
  return { ...shape.stdio, ...line, ...env, ...shape.stdioEnd };
}

function remote(shape: Shape, url: string, credentials: Entry): Entry {
  if (!shape.remote) throw unsupported(shape, 'starts local servers only', 'proxy');
  return { ...shape.remote, [namesOf(shape).url]: url, ...credentials, ...shape.remoteEnd };
}

const withHeaders = (shape: Shape, { headers }: { headers: unknown }): Entry => {
  const [first = 'headers', ...inner] = namesOf(shape).headers;
  return { [first]: inner.reduceRight((value, name) => ({ [name]: value }), headers) };
};

export const unsupported = (shape: Pick<Shape, 'title'>, what: string, mode: string) =>
  new UserError('unsupported', `${shape.title} ${what}.`, { hint: `Use --mode ${mode}.` });

/** What an entry of this shape says; what is of another type than it should be is left out. */
export function readParts(shape: Pick<Shape, 'fields'>, entry: unknown): EntryParts {
  const names = namesOf(shape);
  const own = table(entry);
  const command = own[names.command];
  const words = Array.isArray(command) ? texts(command) : [];
  return {
    url: text(own[names.url]),
    headers: record(names.headers.reduce<unknown>((inner, name) => table(inner)[name], own)),
    command: Array.isArray(command) ? words[0] : text(command),
    args: names.args === undefined ? words.slice(1) : texts(own[names.args]),
    env: record(own[names.env]),
  };
}

const table = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item: unknown) => typeof item === 'string') : [];

const record = (value: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(table(value)).flatMap(([name, item]) => (typeof item === 'string' ? [[name, item]] : [])),
  );
