import { UserError } from '../errors.ts';

/**
 * A command line's words, without a shell: blanks part them, quotes keep them together, `\` before a blank, a quote or
 * another `\` takes that character as it is (elsewhere it stays, as in Windows paths). Throws `usage` for an open quote.
 */
export function splitCommand(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < line.length; at += 1) {
    const character = line[at] ?? '';
    const next = line[at + 1];
    if (character === '\\' && quote !== "'" && next !== undefined && /[\s'"\\]/.test(next)) {
      word = (word ?? '') + next;
      at += 1;
    } else if (quote !== undefined) {
      if (character === quote) quote = undefined;
      else word = (word ?? '') + character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + character;
  }
  if (quote !== undefined)
    throw new UserError('usage', `The command has an open ${quote}.`, { hint: 'Close the quote.' });
  if (word !== undefined) words.push(word);
  if (words.length === 0)
    throw new UserError('usage', 'The command is empty.', { hint: "--command 'npx -y @acme/mcp'" });
  return words;
}

const STARTERS = new Set([
  'npx',
  'npm',
  'exec',
  'pnpm',
  'pnpx',
  'dlx',
  'yarn',
  'bunx',
  'uvx',
  'uv',
  'run',
  'node',
  'python',
  'python3',
  'docker',
  'x',
]);

/** Options that take no word behind them. What is not here is taken to have one: that may be a key, and names nothing. */
const SWITCH = /^(?:-[yquBm]|--|--(?:yes|quiet|silent|offline|isolated|bun|no-[\w-]+|experimental-[\w-]+))$/;

/**
 * A short name for a local server: `npx -y @acme/mcp@1.2` → `acme-mcp`. It is never made from an option's value.
 * `otherwise`: where no word names it.
 */
export function nameOfCommand(words: readonly string[], otherwise = words[0]): string {
  const own = words.find((word, index) => isOwn(word) && !takesNext(words[index - 1] ?? '')) ?? (otherwise || 'server');
  const packageName = /^@?[^@]+/.exec(own)?.[0] ?? own;
  const short = packageName.startsWith('@') ? packageName : base(packageName);
  return (
    short
      .replace(/\.(mjs|cjs|js|ts|py)$/, '')
      .replace(/[^A-Za-z0-9._-]+/g, '-')
      .replace(/^-+|-+$/g, '') || 'server'
  );
}

/** `@acme/run` is a package, and starts nothing else; an assignment and an address may hold anything. */
const isOwn = (word: string): boolean =>
  !/^$|^-|=|:\/\//.test(word) && (word.startsWith('@') || !STARTERS.has(base(word).toLowerCase()));

const takesNext = (word: string): boolean => word.startsWith('-') && !word.includes('=') && !SWITCH.test(word);

const base = (path: string): string => path.split(/[\\/]/).at(-1) ?? path;
