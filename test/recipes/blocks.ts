/** The code blocks of a page, and the shell that stands in those of a CI. */

export interface Block {
  /** The nearest heading above. */
  readonly heading: string;
  readonly language: string;
  readonly text: string;
}

export function blocksOf(page: string): readonly Block[] {
  const blocks: Block[] = [];
  let heading = '';
  let open: { language: string; lines: string[] } | undefined;
  for (const line of page.split('\n')) {
    const fence = /^```(\w*)$/.exec(line);
    if (open && fence) {
      blocks.push({ heading, language: open.language, text: `${open.lines.join('\n')}\n` });
      open = undefined;
    } else if (open) open.lines.push(line);
    else if (fence) open = { language: fence[1] ?? '', lines: [] };
    else heading = /^#+ (.*)$/.exec(line)?.[1] ?? heading;
  }
  return blocks;
}

/** Blocks of indented code, line by line, without what is said behind a command. */
export function indentedIn(page: string): readonly (readonly string[])[] {
  const blocks: string[][] = [];
  let open: string[] | undefined;
  for (const line of page.replace(/^```[\s\S]*?^```$/gm, '').split('\n')) {
    const [, text] = /^ {4}(.*\S)$/.exec(line) ?? [];
    if (text === undefined) open = undefined;
    else if (open) open.push(bare(text));
    else {
      open = [bare(text)];
      blocks.push(open);
    }
  }
  return blocks;
}

const bare = (line: string): string => (/^[a-z]/.test(line) ? line.replace(/ +#.*$| {3,}.*$/, '') : line);

/** Lines that a page says to type: those of its shell blocks, and of indented code. */
export const commandsIn = (page: string): readonly string[] => [
  ...blocksOf(page).flatMap(({ language, text }) => (language === 'sh' ? joined(text) : [])),
  ...indentedIn(page).flat(),
];

const joined = (text: string): readonly string[] =>
  text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line !== '');

/** What a workflow of GitHub Actions runs, by the names of its steps. */
export function githubSteps(yaml: string): ReadonlyMap<string, string> {
  const steps = new Map<string, string>();
  const lines = yaml.split('\n');
  let name = '';
  for (const [index, line] of lines.entries()) {
    name = /^ *- name: (.*)$/.exec(line)?.[1] ?? name;
    const run = /^( *)run: (.*)$/.exec(line);
    if (run) steps.set(name, run[2] === '|' ? indented(lines, index + 1, run[1]?.length ?? 0) : (run[2] ?? ''));
  }
  return steps;
}

/** What the jobs of .gitlab-ci.yml run; `before` stands before each. */
export function gitlabJobs(yaml: string): ReadonlyMap<string, string> {
  const jobs = new Map<string, string>();
  let job = '';
  let inScript = false;
  for (const line of yaml.split('\n')) {
    job = /^([\w.-]+):$/.exec(line)?.[1] ?? job;
    const key = /^ {2}(\w+):/.exec(line)?.[1];
    if (key !== undefined) inScript = key === 'script' || key === 'before_script';
    const command = inScript ? /^ {4}- (.*)$/.exec(line)?.[1] : undefined;
    if (command !== undefined) jobs.set(job, `${jobs.get(job) ?? ''}${command}\n`);
  }
  return jobs;
}

/** The variables that a CI's file sets; `fill` says what an expression stands for. */
export function settingsOf(yaml: string, fill: (expression: string) => string): Record<string, string> {
  const pairs = [...yaml.matchAll(/^ +([A-Z][A-Z_]+): (.+)$/gm)].map(([, name = '', value = '']) => {
    const filled = value.replace(/\$\{\{ ([\w.]+) \}\}|\$(\w+)/g, (_all, github, gitlab) => fill(github ?? gitlab));
    return [name, filled] as const;
  });
  return Object.fromEntries(pairs);
}

function indented(lines: readonly string[], from: number, depth: number): string {
  const end = lines.findIndex(
    (line, index) => index >= from && line.trim() !== '' && !line.startsWith(' '.repeat(depth + 1)),
  );
  const body = lines.slice(from, end === -1 ? undefined : end);
  return body.map((line) => line.trimStart()).join('\n');
}
