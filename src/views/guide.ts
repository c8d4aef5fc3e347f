import type { Context } from '../context.ts';
import type { Guide } from '../keys/guide.ts';
import type { AssistedSteps } from '../providers/types.ts';

/**
 * The guide on a terminal: steps on stderr, the page in the browser, the key by hidden prompt or stdin. With
 * `stepsInHint` they stand in the error's hint where nobody is there, so that stderr is one JSON document.
 * `pipe`: how the key is piped in.
 */
export function terminalGuide(
  context: Pick<Context, 'io' | 'openPage'>,
  options: { stdin?: boolean; stepsInHint?: boolean; pipe?: string } = {},
): Guide {
  const { io } = context;
  const attended = io.interactive && !options.stdin;
  let unsaid: readonly string[] = [];
  return {
    attended,
    async show(title, steps) {
      if (!attended && options.stdin) return;
      const lines = stepLines(steps);
      if (options.stepsInHint && !attended) {
        unsaid = [title, ...lines];
        return;
      }
      io.say(io.bold(title));
      for (const line of lines) io.say(`  ${line}`);
      if (attended && steps.url !== '') await context.openPage(steps.url);
    },
    takeSecret: (pipe = options.pipe) =>
      options.stdin
        ? io.readStdin()
        : io.askSecret('Paste the key (it is not shown)', {
            hint: [...unsaid, pipe === undefined ? 'Pipe the key in, with --stdin.' : `Pipe the key in: ${pipe}`].join(
              '\n',
            ),
          }),
    note: (text) => io.note(text),
    warn: (text) => io.warn(text),
  };
}

const stepLines = ({ url, steps }: AssistedSteps): readonly string[] => [
  ...(url === '' ? [] : [`Page: ${url}`]),
  ...steps.map((step, index) => `${index + 1}. ${step}`),
];
