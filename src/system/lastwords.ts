/** Which line of a program's stderr says why it ended. */

const LONGEST = 300;
/** What stands around the words of an uncaught error: stacks, what was thrown as Node prints it, npm's own notes. */
const NOISE = [
  /^\s+at /,
  /^Node\.js v\d/,
  /^[\s{}()[\]^~|]*$/,
  /^\s+(?:code|errno|syscall|path|url|requireStack|spawnargs): /,
  /^npm (?:error|ERR!) (?:code|errno|syscall|path|[Aa] complete log)/,
  /^npm (?:warn|WARN|notice)/,
];
/** The best first. Where several lines fit, the last one of a chain of errors is what ended it; npm explains the first. */
const TELLING: readonly { readonly form: RegExp; readonly from: 'first' | 'last' }[] = [
  { form: /^error: /, from: 'first' },
  { form: /^(?:Uncaught )?[\w.]*(?:Error|Exception)(?: \[\w+\])?: /, from: 'last' },
  { form: /^npm (?:error|ERR!) /, from: 'first' },
  {
    form: /\b(?:error|fatal|panic|exception|failed|missing|invalid|required|not found|denied|refused)\b/i,
    from: 'last',
  },
];

/** One line of `stderr`, without the `error: ` of programs like ours; empty where nothing was said. */
export function lastWords(stderr: string): string {
  const lines = stderr.split(/\r?\n/).filter((line) => !NOISE.some((noise) => noise.test(line)));
  for (const { form, from } of TELLING) {
    const fits = lines.filter((line) => form.test(line));
    const found = from === 'first' ? fits[0] : fits.at(-1);
    if (found !== undefined) return short(found);
  }
  return short(lines.at(-1) ?? '');
}

const short = (line: string): string => {
  const text = line.trim().replace(/^error: /, '');
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
};
