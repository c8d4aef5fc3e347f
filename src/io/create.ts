import type { Column, Io } from '../io.ts';
import { createLive } from './live.ts';
import { palette } from './palette.ts';
import { createProgress, NO_PROGRESS, type Progress } from './progress.ts';
import { createPrompts } from './prompts.ts';
import { readStdin } from './stdin.ts';
import { renderTable } from './table.ts';
import { printable, printableJson, redactValue, styled } from './text.ts';
import { wrapped } from './wrap.ts';

export interface IoSettings {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly noInput: boolean;
  readonly noColor: boolean;
  readonly yes: boolean;
  /** Says on the terminal what is waited for; not where a child or a client has it. */
  readonly progress?: boolean;
}

/** A terminal that does not know its size says 0. */
const columnsOf = ({ columns }: Pick<NodeJS.WriteStream, 'columns'>): number => columns || 80;

/** The real one. Colour is loaded only where it will be used. */
export async function createIo(settings: IoSettings): Promise<Io> {
  const { stdin, signal, json, quiet, verbose, noInput, yes } = settings;
  const progress = progressOf(settings);
  const stdout = after(progress, settings.stdout);
  const stderr = after(progress, settings.stderr);
  const outPalette = await palette(settings.stdout, settings);
  const errPalette = await palette(settings.stderr, settings);
  const interactive = !noInput && stdin.isTTY === true && stderr.isTTY === true;
  const tell = (text: string): void => void stderr.write(`${printable(text, errPalette)}\n`);
  const width = columnsOf(stdout);
  return {
    stdoutTty: stdout.isTTY === true,
    stderrTty: stderr.isTTY === true,
    json,
    width,
    out: (text) => void stdout.write(`${printable(text, outPalette)}\n`),
    document: (value) => void stdout.write(`${toJson(value, stdout.isTTY)}\n`),
    documents: (values) => writeDocuments(stdout, values),
    reveal: (text) => void stdout.write(text),
    revealDocument: (value) =>
      void stdout.write(`${printableJson(JSON.stringify(value, undefined, stdout.isTTY ? 2 : undefined))}\n`),
    revealOnStderr: (text) => void stderr.write(text),
    table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]) {
      if (rows.length === 0) return;
      const fitted = stdout.isTTY ? width : undefined;
      stdout.write(`${renderTable(rows, columns, { palette: outPalette, width: fitted })}\n`);
    },
    live: () =>
      createLive({
        stdout,
        palette: outPalette,
        width,
        canMove: stdout.isTTY === true && !verbose && settings.env.TERM !== 'dumb',
      }),
    note: (text) => (quiet || json ? undefined : tell(text)),
    warn: (text) => (quiet ? undefined : tell(`${styled('yellow', 'warning:')} ${text}`)),
    say: tell,
    debug: (text) => (verbose ? tell(styled('dim', text)) : undefined),
    ...createPrompts({ interactive, yes, input: stdin, output: settings.stderr, signal, progress }),
    during: progress.during,
    silenced: progress.silenced,
    readStdin: () => readStdin(stdin, signal),
    wrap: (text, indent = '  ') => (stdout.isTTY ? wrapped(text, width, indent) : text),
    bold: (text) => styled('bold', text),
    dim: (text) => styled('dim', text),
    color: (name, text) => styled(name, text),
  };
}

function progressOf({ stderr, env, json, quiet, verbose, progress }: IoSettings): Progress {
  const isWanted = progress === true && stderr.isTTY === true && env.TERM !== 'dumb' && !json && !quiet && !verbose;
  return isWanted ? createProgress({ stderr, width: columnsOf(stderr), now: () => performance.now() }) : NO_PROGRESS;
}

/** The same stream, whose writes take the progress away before. */
function after(progress: Progress, stream: NodeJS.WriteStream): NodeJS.WriteStream {
  if (progress === NO_PROGRESS) return stream;
  const write = (text: string): boolean => {
    progress.clear();
    return stream.write(text);
  };
  return new Proxy(stream, {
    get: (target, name) => (name === 'write' ? write : bound(target, Reflect.get(target, name))),
  });
}

const bound = (target: object, member: unknown): unknown =>
  typeof member === 'function' ? member.bind(target) : member;

function toJson(value: unknown, pretty: boolean): string {
  return printableJson(JSON.stringify(value, redactValue, pretty ? 2 : undefined) ?? 'null');
}

/**
 * One JSON array, an element at a time; waits where the reader is slower, stops where it has gone. Where `values` fail
 * halfway the array is closed all the same, so that what was printed is one document.
 */
async function writeDocuments(stdout: NodeJS.WriteStream, values: AsyncIterable<unknown>): Promise<void> {
  let before = '[';
  let failed = true;
  try {
    for await (const value of values) {
      if (!stdout.writable) return;
      if (!stdout.write(`${before}\n${toJson(value, false)}`)) await drained(stdout);
      before = ',';
    }
    failed = false;
  } finally {
    if (before === ',') stdout.write('\n]\n');
    else if (!failed) stdout.write('[]\n');
  }
}

function drained(stdout: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stdout.off('drain', done).off('close', done).off('error', done);
      resolve();
    };
    stdout.on('drain', done).on('close', done).on('error', done);
  });
}
