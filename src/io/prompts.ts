/** Questions to a person, on stderr. The prompt library is loaded with the first question. */
import type { confirm } from '@inquirer/prompts';
import { Cancelled, UserError } from '../errors.ts';
import type { Io } from '../io.ts';
import { secret } from '../secret.ts';
import type { Progress } from './progress.ts';
import { oneLine, printable } from './text.ts';

type Prompts = Pick<Io, 'interactive' | 'confirm' | 'askText' | 'askSecret' | 'choose' | 'chooseSome'>;
type Library = typeof import('@inquirer/prompts');
/** Streams and signal, as every prompt of the library takes them. */
type Ports = NonNullable<Parameters<typeof confirm>[1]>;

export interface PromptSettings {
  /** False where nobody can be asked. */
  readonly interactive: boolean;
  /** `--yes`. */
  readonly yes: boolean;
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  readonly signal: AbortSignal;
  readonly progress: Pick<Progress, 'silenced'>;
}

export function createPrompts({ interactive, yes, input, output, signal, progress }: PromptSettings): Prompts {
  async function ask<T>(
    question: string,
    hint: string,
    run: (library: Library, message: string, ports: Ports) => Promise<T>,
  ): Promise<T> {
    const message = plain(question);
    if (!interactive) throw new UserError('usage', `Nobody can be asked: ${message}`, { hint });
    const leaving = watchEscape(input);
    try {
      const ports = { input, output, signal: AbortSignal.any([signal, leaving.signal]) };
      const library = await import('@inquirer/prompts');
      return await progress.silenced(() => run(library, message, ports));
    } catch (error) {
      if (isClosed(error)) throw new Cancelled();
      throw error;
    } finally {
      leaving.end();
    }
  }
  return {
    interactive,
    async confirm(question, { hint }) {
      if (yes) return true;
      return ask(question, hint, (library, message, ports) => library.confirm({ message, default: false }, ports));
    },
    askText: (question, { hint }, initial) =>
      ask(question, hint, async (library, message, ports) => {
        const settings = initial === undefined ? { message, required: true } : { message, default: initial };
        return (await library.input(settings, ports)).trim();
      }),
    askSecret: (question, { hint }) =>
      ask(question, hint, async (library, message, ports) => {
        const validate = (typed: string): true | string => typed.trim() !== '' || 'Nothing was typed.';
        return secret((await library.password({ message, toggleMask: false, validate }, ports)).trim());
      }),
    choose: (question, choices, { hint }) =>
      ask(question, hint, (library, message, ports) => library.select({ message, choices: named(choices) }, ports)),
    chooseSome: (question, choices, { hint }) =>
      ask(question, hint, (library, message, ports) => library.checkbox({ message, choices: named(choices) }, ports)),
  };
}

/** Esc leaves a question as Ctrl-C does. The library's own reader tells it from the beginning of another key. */
function watchEscape(input: NodeJS.ReadableStream): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  const listener = (_text: string | undefined, key: { readonly name?: string } | undefined): void => {
    if (key?.name === 'escape') controller.abort();
  };
  input.on('keypress', listener);
  return { signal: controller.signal, end: () => void input.off('keypress', listener) };
}

const plain = (text: string): string => oneLine(printable(text, undefined));

function named<T extends { name: string }>(choices: readonly T[]): T[] {
  return choices.map((choice) => ({ ...choice, name: plain(choice.name) }));
}

/** Ctrl-C, a closed stdin, or our own signal. */
function isClosed(error: unknown): boolean {
  return error instanceof Error && (error.name === 'ExitPromptError' || error.name === 'AbortPromptError');
}
