/** What the pages for people say to type: every command line is one that the program takes, and whole pages run. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCommandLine } from '../src/commandline.ts';
import { COMMANDS } from '../src/commands/index.ts';
import { run } from '../src/system/run.ts';
import { findCommand } from '../src/words.ts';
import { createMachine, type Machine } from './cli/machine.ts';
import { program } from './helpers/cli.ts';
import { type Block, blocksOf } from './recipes/blocks.ts';
import { type Sandbox, startSandbox } from './sandbox/index.ts';

const pages = readdirSync('docs', { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.md'))
  .sort();
const read = (page: string): string => readFileSync(join('docs', page), 'utf8');

/** Command lines of a page's shell blocks, and of indented code. */
function commandLines(text: string): string[] {
  const code = [
    ...blocksOf(text)
      .filter(({ language }) => language === 'sh')
      .map((block) => block.text),
    ...[...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/^ {4}(\S.*)$/gm)].map(([, line = '']) => line),
  ];
  return code
    .flatMap((block) => block.replaceAll('\\\n', ' ').split('\n'))
    .flatMap((line) => line.split(/ (?:&&|\|\||\||;) /))
    .map((line) => line.trim().replace(/ +#.*$| {3,}.*$/, ''))
    .map((line) => line.replace(/^(?:[A-Z_]+=(?:"[^"]*"|\S*) )+/, ''))
    .filter((line) => /^mcpkey( |$)/.test(line));
}

/** Words as a shell reads them, redirections left out. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)]
    .map(([word]) => word.replace(/['"]/g, ''))
    .filter((word, index, all) => !/^\d?>/.test(word) && !/^\d?>$/.test(all[index - 1] ?? ''));

describe.each(pages.filter((page) => commandLines(read(page)).length > 0))('docs/%s', (page) => {
  it.each(commandLines(read(page)))('%s', async (line) => {
    const { words, node, tokens, help } = findCommand(wordsOf(line).slice(1), COMMANDS);
    if (help || node === undefined || words[0] === 'help') return;
    if (!('load' in node)) throw new Error('a noun without a verb');
    await parseCommandLine((await node.load()).command, words, tokens);
  });
});

/** As GitHub makes them of headings. */
const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );

it.each([...pages.map((page) => `docs/${page}`), 'README.md', 'CONTRIBUTING.md', 'SECURITY.md'])(
  'what %s links to is there',
  (page) => {
    const text = readFileSync(page, 'utf8').replace(/^```[\s\S]*?^```$/gm, '');
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
    const missing = targets.filter((target) => {
      if (/^[a-z]+:/.test(target)) return false;
      const [file = '', anchor] = target.split('#');
      const path = file === '' ? page : join(dirname(page), file);
      if (!existsSync(path)) return true;
      return anchor !== undefined && !anchorsOf(readFileSync(path, 'utf8')).includes(anchor);
    });
    expect(missing).toEqual([]);
  },
);

it('lists every page for people', () => {
  const own = pages.filter((page) => !page.includes('/') && page !== 'README.md');
  expect(own.filter((page) => !read('README.md').includes(`(${page})`))).toEqual([]);
});

/** Pages that are run as a whole, block after block, in one shell each. */
const RUN = ['getting-started.md', 'usage.md', 'remote.md', 'threat-model.md', 'writing-a-provider.md'];

describe.each(RUN)('docs/%s, run', (page) => {
  let sandbox: Sandbox;
  let machine: Machine;
  let work: string;
  let env: Record<string, string>;
  beforeAll(async () => {
    sandbox = await startSandbox({ services: ['stock-data', 'generic'] });
    machine = await createMachine();
    work = join(machine.home.root, 'work');
    await mkdir(work);
    const bin = join(machine.home.root, 'bin');
    const put = async (name: string, lines: string) =>
      chmod(await machine.home.write(join(bin, name), `#!/bin/sh\n${lines}\n`), 0o755);
    await put('mcpkey', `exec '${process.execPath}' '${program()}' "$@"`);
    await put('npm', 'test "$*" = "install --global mcpkey"');
    await put('systemctl', ':');
    const { url, mcpUrl } = sandbox.service('stock-data');
    const { email, password } = sandbox.person;
    const login = { MCPKEY_EMAIL: email, MCPKEY_PASSWORD: password };
    // Where there are several profiles, the environment's e-mail is for the one that it names.
    const named = ['STOCK', 'STOCK_DATA', 'ACME'].flatMap((name) => [
      [`MCPKEY_${name}_EMAIL`, email],
      [`MCPKEY_${name}_PASSWORD`, password],
    ]);
    if (page !== 'getting-started.md') {
      await machine.run(['profile', 'add', 'stock-data', '-p', 'stock', '--url', url, '--mcp-url', mcpUrl]);
      await machine.run(['create', 'ci', '-p', 'stock'], { env: login });
      await machine.run(['create', 'its-key', '-p', 'stock'], { env: { ...login, MCPKEY_MACHINE: 'lost-laptop' } });
    }
    const secret = sandbox.service('generic').dashboard.create({ name: 'prod' }).secret;
    const key = sandbox.keys('stock-data').at(-1)?.secret ?? '';
    const path = { PATH: `${bin}:${machine.home.env.PATH}`, XDG_RUNTIME_DIR: join(machine.home.root, 'tmp') };
    env = { ...machine.home.env, ...login, ...Object.fromEntries(named), ...path, ACME_KEY: secret, KEY: key };
  });
  afterAll(() => sandbox.close());

  /** The page's made-up addresses as those of the sandbox. */
  function here(text: string): string {
    const [stock, generic] = [sandbox.service('stock-data'), sandbox.service('generic')];
    const acme = page === 'writing-a-provider.md' ? stock : generic;
    return text
      .replaceAll('https://stock.example:8000', stock.url)
      .replaceAll('https://stock.example:8001/messages', stock.mcpUrl)
      .replaceAll('https://api.acme.example', stock.url)
      .replaceAll('https://mcp.acme.example/messages', acme.mcpUrl)
      .replaceAll('https://mcp.acme.example/mcp', acme.mcpUrl);
  }

  const text = read(page);
  const blocks = blocksOf(text).filter(({ language }) => language === 'sh' || language === 'json');
  /** Said in the page, with the reason. */
  const isLeftOut = (block: Block) => text.includes(`-->\n\`\`\`${block.language}\n${block.text}`);

  it.each(blocks.map((block, index) => [`${index + 1}, ${block.heading}`, block] as const))(
    'block %s',
    async (_name, block) => {
      if (isLeftOut(block)) return expect(text).toMatch(/<!-- not run: .{10,} -->/);
      if (block.language === 'json') return writeFile(join(work, 'acme.json'), block.text);
      const ended = await run('bash', ['-eo', 'pipefail', '-c', here(block.text)], { env, cwd: work, timeout: 60_000 });
      expect(ended.code, `${block.text}\n${ended.stdout}${ended.stderr}`).toBe(0);
    },
  );
});
