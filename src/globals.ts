/** The options that every command takes, before its name and after it. */
import { flag, type OptionSpec, type OptionSpecs, type OptionValues, value } from './command.ts';

export const GLOBAL_OPTIONS = {
  profile: value('NAME', 'work with this profile', { short: 'p', completes: 'profile' }),
  json: flag('print one JSON document on stdout, and nothing else there'),
  noInput: flag('never ask anything'),
  yes: flag('answer yes where a command asks whether to go on', { short: 'y' }),
  noColor: flag('print without colour'),
  quiet: flag('print no progress', { short: 'q' }),
  verbose: flag('print one line for each HTTP exchange, secrets masked', { short: 'v' }),
  store: value('STORE', 'keep new secrets in this store', { completes: 'store' }),
  timeout: value('DURATION', 'give up an attempt after this time (default 30s)'),
  maxWait: value(
    'DURATION',
    'wait at most this long for a service’s limit, or for a revoked key to be refused (default 1m)',
  ),
  help: flag('show this help', { short: 'h' }),
} satisfies OptionSpecs;

export type GlobalValues = OptionValues<typeof GLOBAL_OPTIONS>;

/** `maxWait` → `--max-wait`. */
export function longName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** How many words the global option `word` takes up: 0 where it is none, 2 where its value is the next word. */
export function globalOptionLength(word: string): 0 | 1 | 2 {
  return word.startsWith('--') ? longLength(word) : shortLength(word.slice(1));
}

function longLength(word: string): 0 | 1 | 2 {
  const name = word.split('=', 1)[0] ?? word;
  const found = Object.entries<OptionSpec<unknown>>(GLOBAL_OPTIONS).find(([key]) => longName(key) === name);
  if (found === undefined) return 0;
  return found[1].kind === 'flag' || name !== word ? 1 : 2;
}

/** `letters` of `-qvp NAME`: flags in a row, the last may take a value. */
function shortLength(letters: string): 0 | 1 | 2 {
  for (const [index, letter] of [...letters].entries()) {
    const option = Object.values<OptionSpec<unknown>>(GLOBAL_OPTIONS).find(({ short }) => short === letter);
    if (option === undefined) return 0;
    if (option.kind !== 'flag') return index === letters.length - 1 ? 2 : 1;
  }
  return 1;
}
