import type { Palette, StyleName } from './text.ts';

/** `NO_COLOR` (no-color.org), `--no-color`, a pipe or a dumb terminal mean none; `FORCE_COLOR` asks for it. */
export async function palette(
  stream: NodeJS.WriteStream,
  { env, noColor }: { env: Readonly<Record<string, string | undefined>>; noColor: boolean },
): Promise<Palette | undefined> {
  const forced = (env.FORCE_COLOR ?? '0') !== '0';
  const wanted = forced || (stream.isTTY === true && env.TERM !== 'dumb');
  if (!wanted || noColor || (env.NO_COLOR ?? '') !== '') return undefined;
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: 1 });
  const pair = (name: StyleName): { open: string; close: string } => around(chalk[name]('|'));
  return {
    bold: pair('bold'),
    dim: pair('dim'),
    green: pair('green'),
    yellow: pair('yellow'),
    red: pair('red'),
    cyan: pair('cyan'),
  };
}

function around(sample: string): { open: string; close: string } {
  const [open = '', close = ''] = sample.split('|');
  return { open, close };
}
