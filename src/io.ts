/** stdout, stderr, prompts and tables, for commands alone. Everything that leaves is redacted and free of control characters. */
import type { Secret } from './secret.ts';

export interface Column<Row> {
  readonly title: string;
  text(row: Row): string;
  /** Columns of the highest number are dropped first where the terminal is narrow; 0 is never dropped. */
  readonly rank?: number;
}

/** Where stdout is no terminal, or too small a one, the last drawing alone is printed, when it ends. */
export interface Live {
  draw(paint: (page: Pick<Io, 'out' | 'table'>) => void): void;
  end(): void;
}

export interface Io {
  readonly stdoutTty: boolean;
  readonly stderrTty: boolean;
  readonly json: boolean;
  /** Width of the terminal in columns; 80 where it is none. */
  readonly width: number;
  /** One line of data on stdout. */
  out(text: string): void;
  /** The document of `--json`; called at most once. */
  document(value: unknown): void;
  /** The same, element by element, for long lists: memory stays bounded. */
  documents(values: AsyncIterable<unknown>): Promise<void>;
  /** Data exactly as given, unredacted: `get`, `headers`, `--show`, `--output-env` alone. */
  reveal(text: string): void;
  /** The document of `--json` unredacted: `get` and `create --show` alone. */
  revealDocument(value: unknown): void;
  /** A line on stderr as it is: the mask command of `--output-env` alone. */
  revealOnStderr(text: string): void;
  table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): void;
  /** A part of stdout that is drawn again when it changes. */
  live(): Live;
  /** Runs `work`; on a terminal a line says `what` is waited for, once that takes longer than half a second. */
  during<T>(what: string, work: () => Promise<T>): Promise<T>;
  /** Nothing is drawn meanwhile: another program has the terminal. */
  silenced<T>(work: () => Promise<T>): Promise<T>;
  /** One line of progress on stderr; nothing with `--quiet`. */
  note(text: string): void;
  warn(text: string): void;
  /** One line on stderr also with `--quiet`: what a person must act on. */
  say(text: string): void;
  /** A line with `--verbose` alone. */
  debug(text: string): void;
  /** Prompts go to stderr. Each throws `usage` with `otherwise` where nobody can be asked, `Cancelled` on Ctrl-C. */
  confirm(question: string, otherwise: { hint: string }): Promise<boolean>;
  askText(question: string, otherwise: { hint: string }, initial?: string): Promise<string>;
  askSecret(question: string, otherwise: { hint: string }): Promise<Secret>;
  choose<T extends string>(
    question: string,
    choices: readonly { value: T; name: string }[],
    otherwise: { hint: string },
  ): Promise<T>;
  chooseSome<T extends string>(
    question: string,
    choices: readonly { value: T; name: string; checked?: boolean }[],
    otherwise: { hint: string },
  ): Promise<T[]>;
  /** True where prompts may be shown. */
  readonly interactive: boolean;
  /** All of stdin, without the last line end, at most 64 KiB. Throws `usage` where stdin is a terminal or empty. */
  readStdin(): Promise<Secret>;
  /** On a terminal: broken between words, further lines behind `indent` (two blanks). */
  wrap(text: string, indent?: string): string;
  bold(text: string): string;
  dim(text: string): string;
  color(name: 'green' | 'yellow' | 'red' | 'cyan', text: string): string;
}
