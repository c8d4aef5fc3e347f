/** The commands of README.md and of the pages, typed by someone at a terminal against the sandbox, in their order. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fakeHelper } from '../helpers/credential-helper.ts';
import { startEtcd } from '../helpers/etcd.ts';
import { type Sandbox, type ServiceId, startSandbox } from '../sandbox/index.ts';
import { blocksOf, commandsIn, indentedIn } from './blocks.ts';
import { type Desk, sitDown } from './person.ts';

const read = (page: string): string => readFileSync(page, 'utf8');
const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md'].concat(
  readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .sort()
    .map((path) => `docs/${path}`),
);

/** Lines that nobody can type here, by their beginning, and why. */
const NOT_TYPED: readonly (readonly [page: string, start: string, why: string])[] = [
  ['README.md', 'npm run demo', 'test/cli/demo.test.ts runs it'],
  ['README.md', 'npm test', 'runs this test'],
  ['CONTRIBUTING.md', 'npm ci', 'asks the registry; who runs this test has done it'],
  ['CONTRIBUTING.md', 'npm test', 'runs this test'],
  ['CONTRIBUTING.md', 'npm run demo', 'test/cli/demo.test.ts runs it'],
  ['docs/architecture.md', '', 'a drawing of the folders'],
  ['docs/stores.md', 'path "secret/', 'a policy of Vault; no command'],
  ['docs/projects.md', '"providers": {', 'a part of mcpkey.json; no command'],
];
const isTyped = (page: string) => (line: string) =>
  !NOT_TYPED.some(([of, start]) => of === page && line.startsWith(start));

/** Whose blocks are run elsewhere, one after the other. */
const RUN_ELSEWHERE = new Set([
  'docs/ci.md',
  ...['getting-started', 'usage', 'remote', 'threat-model', 'writing-a-provider'].map((name) => `docs/${name}.md`),
]);
const RUN_HERE = ['README.md', 'docs/stores.md', 'docs/adopt.md', 'docs/projects.md'];
const CLIENT = /^docs\/clients\/(?!README)/;
const PROVIDER = /^docs\/providers\/(?!README)/;

it('leaves out no line that is not there', () => {
  const stale = NOT_TYPED.filter(([page, start]) => !commandsIn(read(page)).some((line) => line.startsWith(start)));
  expect(stale).toEqual([]);
});

it('passes over no page that has commands', () => {
  const left = pages.filter(
    (page) => !RUN_ELSEWHERE.has(page) && !RUN_HERE.includes(page) && !CLIENT.test(page) && !PROVIDER.test(page),
  );
  const commands = left.flatMap((page) =>
    commandsIn(read(page))
      .filter(isTyped(page))
      .map((line) => `${page}: ${line}`),
  );
  expect(commands).toEqual([]);
});

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

/** The pages' made-up addresses as those of the sandbox. */
function here(line: string): string {
  const stock = sandbox.service('stock-data');
  return line
    .replace(/--url http:\/\/(?:127\.0\.0\.1|stock\.example):8000/, `--url ${stock.url} --mcp-url ${stock.mcpUrl}`)
    .replace('"https://stock.example/messages"', JSON.stringify(stock.mcpUrl))
    .replace('"https://stock.example"', JSON.stringify(stock.url))
    .replace('https://mcp.example.com/mcp', sandbox.service('generic').mcpUrl)
    .replace('https://your-server.mcp-cloud.ai/mcp', sandbox.service('mcp-cloud').mcpUrl);
}

async function typeAll(desk: Desk, lines: readonly string[]): Promise<void> {
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) await desk.type(here(line));
}

/** A profile of the service as the page calls it, at the sandbox. */
async function knows(desk: Desk, id: 'ai2fin' | 'investra' | 'apexmcp'): Promise<void> {
  const service = sandbox.service(id);
  const org = id === 'apexmcp' ? ['--org', 'acme-corp'] : [];
  const mcpUrl = id === 'ai2fin' ? [] : ['--mcp-url', service.mcpUrl];
  await desk.machine.run(['profile', 'add', id, '--url', service.url, ...mcpUrl, ...org]);
}

describe('README.md', () => {
  const [scripts = [], oneGo = [], steps = [], ...more] = indentedIn(read('README.md'));

  it('has three blocks, the first of them for npm', () => {
    expect([scripts.filter(isTyped('README.md')), more]).toEqual([[], []]);
  });

  it('in one go', { timeout: 120_000 }, async () => {
    await typeAll(await sitDown(sandbox, 'generic'), oneGo);
  });

  it('in single steps', { timeout: 120_000 }, async () => {
    const desk = await sitDown(sandbox, 'ai2fin');
    await knows(desk, 'ai2fin');
    const servers = { ai2fin: { provider: 'ai2fin', key: '{user}-{host}', scopes: ['mcp:read'], clients: ['cursor'] } };
    await writeFile(join(desk.work, 'mcpkey.json'), JSON.stringify({ name: 'shop', servers }));
    await typeAll(desk, steps);
  });
});

describe('docs/stores.md', () => {
  const lines = indentedIn(read('docs/stores.md')).flat().filter(isTyped('docs/stores.md'));

  it('every line', { timeout: 120_000 }, async () => {
    const helper = await fakeHelper('pass');
    const { endpoints } = await startEtcd();
    const desk = await sitDown(sandbox, 'generic', { ...helper.env, MCPKEY_ETCD_ENDPOINTS: endpoints });
    const team = join(desk.machine.home.root, 'team');
    execFileSync('git', ['init', '-q', '--bare', join(team, 'keys.git')]);
    await desk.machine.home.write('.gitconfig', `[url "${team}/"]\n\tinsteadOf = git@example.com:team/\n`);
    // What stands in the environment would win over what is chosen.
    for (const line of lines) await desk.type(`unset MCPKEY_STORE; ${line}`);
  });
});

describe('docs/adopt.md', () => {
  it('every line', { timeout: 120_000 }, async () => {
    const desk = await sitDown(sandbox, 'stock-data');
    const { secret } = await makeKey(desk);
    const { mcpUrl: url } = sandbox.service('stock-data');
    const plant = (file: string) =>
      desk.machine.home.write(
        file,
        JSON.stringify({ mcpServers: { prices: { url, headers: { Authorization: `Bearer ${secret}` } } } }),
      );
    await plant('.cursor/mcp.json');
    const [look = '', move = '', rotate = '', ...more] = indentedIn(read('docs/adopt.md')).flat();
    expect(more).toEqual([]);
    expect(await desk.type(look)).toContain('prices');
    await desk.type(move);
    expect(await desk.machine.home.read('.cursor/mcp.json')).not.toContain(secret);
    await plant('.windsurf/mcp.json');
    await plant('.kiro/settings/mcp.json');
    await desk.type(rotate);
    expect(await desk.machine.home.read('.kiro/settings/mcp.json')).not.toContain(secret);
  });
});

/** Logged in to `stock-data`, with the key `ci`, and its secret. */
async function makeKey({ machine }: Desk): Promise<{ readonly secret: string }> {
  const { email, password } = sandbox.person;
  const { url, mcpUrl } = sandbox.service('stock-data');
  const env = { MCPKEY_EMAIL: email, MCPKEY_PASSWORD: password };
  await machine.run(['login', 'stock-data', '--url', url, '--mcp-url', mcpUrl, '--password'], { env });
  await machine.run(['create', 'ci']);
  const made = sandbox.keys('stock-data').at(-1);
  if (!made) throw new Error('no key was made');
  return made;
}

describe('docs/projects.md', () => {
  const page = read('docs/projects.md');
  const [file = [], part = [], ci = [], ...more] = indentedIn(page);
  const project = file.join('\n');

  it('has a project, a part of one, and a step of a workflow', () => {
    expect([part.filter(isTyped('docs/projects.md')), more]).toEqual([[], []]);
  });

  it('init, up, and up --check', { timeout: 120_000 }, async () => {
    const commands = [...page.matchAll(/^\| `(mcpkey [^`]+)` \|/gm)].map(([, line = '']) => line);
    expect(commands).toEqual(['mcpkey init', 'mcpkey up', 'mcpkey up --check']);
    const desk = await sitDown(sandbox, 'generic');
    await makeKey(desk);
    await desk.type('mcpkey place stock-data/ci cursor --scope project');
    await typeAll(desk, commands);
  });

  it('the project that it shows, by hand and in CI, and the names that it gives', { timeout: 120_000 }, async () => {
    const desk = await sitDown(sandbox, 'generic');
    const [, run = ''] = /^- run: npx -y (.*)$/.exec(ci[0] ?? '') ?? [];
    const variables = ci.filter((line) => /^MCPKEY_[A-Z_]+_(?:EMAIL|PASSWORD): /.test(line.trim()));
    expect(variables).toHaveLength(2);
    await writeFile(join(desk.work, 'mcpkey.json'), here(project));
    await desk.type('mcpkey up');
    const { email, password } = sandbox.person;
    const values = variables.map((line) => `${line.trim().split(':')[0]}='${/EMAIL/.test(line) ? email : password}'`);
    await desk.type(`${values.join(' ')} ${run}`);
    const named = [...page.matchAll(/`(mcpkey (?:exec|verify) @[^`]+)`/g)].map(([, line = '']) => line);
    expect(named).toHaveLength(2);
    for (const line of named) await desk.type(line.replace('CMD', 'true'));
    await desk.type((/`(mcpkey revoke --machine HOST)`/.exec(page)?.[1] ?? '').replace('HOST', 'laptop'));
  });
});

describe('docs/clients', () => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await sitDown(sandbox, 'generic');
    await makeKey(desk);
  });

  it.each(pages.filter((page) => CLIENT.test(page)))('%s', { timeout: 30_000 }, async (page) => {
    const text = read(page);
    const printed = indentedIn(text)
      .flat()
      .filter((line) => line.startsWith('mcpkey '));
    const [, inline = ''] = /^`(mcpkey place [^`]+)`/m.exec(text) ?? [];
    const [line = ''] = printed.length > 0 ? printed : [inline];
    // Where the client does not run on this system, the page says so, and the entry is printed.
    const [, elsewhere = ''] = /^`mcpkey place [^`]+` \(it runs on (.*)\)$/m.exec(text) ?? [];
    const print = elsewhere !== '' && !elsewhere.includes('Linux') && !line.includes('--print') ? ' --print' : '';
    await makeThere(desk, text);
    const shown = await desk.type(`${line.replace('KEY', 'stock-data/ci')}${print}`);
    expect(shown).toMatch(/stock-data/);
  });
});

/** Files that mcpkey does not make, as their page says. */
async function makeThere({ machine, work }: Desk, text: string): Promise<void> {
  const [, listed = ''] = /^Placed into only where it exists already: (.*)\.$/m.exec(text) ?? [];
  for (const [, path = ''] of listed.matchAll(/`([^`]+)`/g)) {
    const file = path.startsWith('~/') ? path.slice(2) : join(work, path);
    await machine.home.write(file, path.endsWith('.yaml') ? '' : '{}');
  }
}

describe('docs/providers', () => {
  const BEFORE: Readonly<Record<string, 'ai2fin' | 'investra' | 'apexmcp'>> = {
    ai2fin: 'ai2fin',
    investra: 'investra',
    apexmcp: 'apexmcp',
  };
  it.each(pages.filter((page) => PROVIDER.test(page)))('%s', { timeout: 120_000 }, async (page) => {
    const id = /(\S+)\.md$/.exec(page.split('/').at(-1) ?? '')?.[1] as ServiceId;
    const desk = await sitDown(sandbox, id);
    const known = BEFORE[id];
    if (known !== undefined) await knows(desk, known);
    await mkdir(join(desk.work, 'shop'));
    const lines = blocksOf(read(page)).flatMap(({ language, text }) =>
      language === 'sh' ? commandsIn(`\`\`\`sh\n${text}\`\`\`\n`) : [],
    );
    await typeAll(desk, lines);
  });
});
