import { UserError } from './errors.ts';
import { withNearest } from './nearest.ts';

/** `word` as one of `choices`; undefined stays. Throws `usage`, naming the option and the nearest choice. */
export function oneOf<T extends string>(
  word: string | undefined,
  choices: readonly T[],
  option: string,
): T | undefined {
  if (word === undefined) return undefined;
  const found = choices.find((choice) => choice === word);
  if (found !== undefined) return found;
  throw new UserError('usage', withNearest(`${option} takes no "${word}".`, word, choices), {
    hint: `One of: ${choices.join(', ')}`,
  });
}
