import type { Context } from '../context.ts';
import type { Guide } from '../keys/guide.ts';
import type { Secret } from '../secret.ts';

/** The guide on a terminal: steps on stderr, the page in the browser, the key by hidden prompt or stdin. */
export function terminalGuide(context: Pick<Context, 'io' | 'openPage'>, options: { stdin?: boolean } = {}): Guide {
  const { io } = context;
  const attended = io.interactive && !options.stdin;
  return {
    attended,
    async show(title, { url, steps }) {
      if (!attended && options.stdin) return;
      io.say(io.bold(title));
      if (url !== '') io.say(`  Page: ${url}`);
      for (const [index, step] of steps.entries()) io.say(`  ${index + 1}. ${step}`);
      if (attended && url !== '') await context.openPage(url);
    },
    takeSecret: () => takeSecret(context, options.stdin === true),
    note: (text) => io.note(text),
    warn: (text) => io.warn(text),
  };
}

const takeSecret = (context: Pick<Context, 'io'>, stdin: boolean): Promise<Secret> =>
  stdin
    ? context.io.readStdin()
    : context.io.askSecret('Paste the key (it is not shown)', {
        hint: 'Pipe the key in: printf %s "$KEY" | mcpkey … --stdin',
      });
