/** The shapes that several clients share: a started command, and a remote server with headers. */
import { UserError } from '../errors.ts';
import type { EntryCommand, EntryRequest } from './types.ts';

export type Entry = Readonly<Record<string, unknown>>;

export interface Shape {
  /** Title of the client, for errors. */
  readonly title: string;
  /** Fields that stand before those of a started command. */
  readonly stdio?: Entry;
  /** Fields that stand before `url`; absent where the client takes no remote servers. */
  readonly remote?: Entry;
  /** The client's own syntax for an environment variable; absent where it expands none. */
  readonly variable?: (name: string) => string;
  /** Field whose value is a shell command that prints the headers as JSON. */
  readonly helper?: string;
}

/** Entry in the given shape. Throws `unsupported` for what the shape has no place for. */
export function shapedEntry(shape: Shape, request: EntryRequest): Entry {
  if (request.mode === 'proxy' || request.mode === 'wrap') return started(shape, request.run);
  if (request.mode === 'helper') {
    if (!shape.helper) throw unsupported(shape, 'runs no helper for its headers', 'proxy');
    return { ...remote(shape), url: request.url, [shape.helper]: shellCommand(request.run) };
  }
  if (request.mode === 'env') return variableEntry(shape, request);
  return 'run' in request
    ? started(shape, request.run)
    : { ...remote(shape), url: request.url, headers: request.headers };
}

function variableEntry(shape: Shape, request: Extract<EntryRequest, { mode: 'env' }>): Entry {
  const { variable } = shape;
  if (!variable) throw unsupported(shape, 'expands no environment variables', 'run' in request ? 'wrap' : 'proxy');
  if ('run' in request) {
    const references = Object.entries(request.variables).map(([name, source]) => [name, variable(source)]);
    return started(shape, { ...request.run, env: { ...request.run.env, ...Object.fromEntries(references) } });
  }
  const headers = Object.entries(request.headers).map(([name, from]) => [name, from.prefix + variable(from.variable)]);
  return { ...remote(shape), url: request.url, headers: Object.fromEntries(headers) };
}

function started(shape: Shape, run: EntryCommand): Entry {
  const env = Object.keys(run.env).length > 0 ? { env: run.env } : {};
  return { ...shape.stdio, command: run.command, args: run.args, ...env };
}

function remote(shape: Shape): Entry {
  if (!shape.remote) throw unsupported(shape, 'starts local servers only', 'proxy');
  return shape.remote;
}

const unsupported = (shape: Shape, what: string, mode: string) =>
  new UserError('unsupported', `${shape.title} ${what}.`, { hint: `Use --mode ${mode}.` });

/** One line for a POSIX shell; variables stand before the command as `env` takes them. */
export function shellCommand(run: EntryCommand): string {
  const assignments = Object.entries(run.env).map(([name, value]) => `${name}=${value}`);
  const words = [...(assignments.length > 0 ? ['env', ...assignments] : []), run.command, ...run.args];
  return words.map(shellWord).join(' ');
}

const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
