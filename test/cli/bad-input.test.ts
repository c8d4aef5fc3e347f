/** Whatever is typed wrongly: the promised code, a next step, and nothing done. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import { KEY } from './documents.ts';
import { createMachine, type Machine } from './machine.ts';
import { tracesIn } from './traces.ts';

let sandbox: Sandbox;
let machine: Machine;
let before: Record<string, string>;
let asked: number;

/** Two profiles with a key each, called the same, and a third without any. */
beforeAll(async () => {
  sandbox = await startSandbox({ services: ['stock-data', 'mcp-cloud'] });
  machine = await createMachine();
  const { url, mcpUrl } = sandbox.service('stock-data');
  const { mcpUrl: cloudUrl, dashboard } = sandbox.service('mcp-cloud');
  const env = { MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: sandbox.person.password };
  await machine.run(['login', 'stock-data', '--url', url, '--mcp-url', mcpUrl], { env });
  await machine.run(['create', 'ci']);
  await machine.run(['profile', 'add', 'mcp-cloud', '--mcp-url', cloudUrl]);
  const { secret } = dashboard.create({ name: 'ci' });
  await machine.run(['import', 'ci', '-p', 'mcp-cloud', '--stdin'], { input: secret });
  await machine.run(['profile', 'add', 'investra', '--url', 'http://127.0.0.1:1']);
  before = await tracesIn(machine.home.root);
  asked = sandbox.requests.length;
});
afterAll(async () => {
  await sandbox.close();
  expect(await tracesIn(machine.home.root), 'no file was made or changed').toEqual(before);
});

const EXIT: Readonly<Record<string, number>> = { usage: 2, not_found: 5, unsupported: 1, conflict: 1, unreachable: 9 };
type Row = readonly [line: string, says: string | RegExp];

/** Words parted by blanks; `␣` stands for a blank inside a word, `''` for an empty one. */
const wordsOf = (line: string) => line.split(' ').map((word) => (word === "''" ? '' : word.replaceAll('␣', ' ')));

const refuses = (code: string, rows: readonly Row[], env: Record<string, string> = {}) =>
  it.concurrent.each(rows)(`${code}: mcpkey %s`, async (line, says) => {
    const error = await machine.fails(wordsOf(line), { env });
    expect(error, error.message).toMatchObject({ code, exit: EXIT[code] });
    const told = `${error.message}\n${error.hint}`;
    if (typeof says === 'string') expect(told).toContain(says);
    else expect(told).toMatch(says);
    expect(error.hint, 'a next step').toMatch(/\w/);
  });

describe('names that nobody has', () => {
  refuses('usage', [
    ['crate', 'Did you mean "create"?'],
    ['profile lst', 'Did you mean "list"?'],
    ['list --al-profiles', 'Did you mean "--all-profiles"?'],
    ['completion zhs', 'Did you mean "zsh"?'],
    ['list --status actve', 'Did you mean "active"?'],
    ['log --format jsn', 'Did you mean "json"?'],
    ['store use agee', 'Did you mean "age"?'],
    ['store migrate --to keychian', 'Did you mean "keychain"?'],
    ['list --local --store keychian', 'Did you mean "keychain"?'],
    ['create x -p mcp-cloud --metadata ownr=x', 'Did you mean "owner"?'],
    ['create x -p mcp-cloud --scope models:raed', 'Did you mean "models:read"?'],
    ['place stock-data/ci cursor --scope usr', 'Did you mean "user"?'],
    ['place stock-data/ci cursor --mode proxi', 'Did you mean "proxy"?'],
  ]);
  refuses('not_found', [
    ['login stock-dat', 'Did you mean "stock-data"?'],
    ['provider show investr', 'Did you mean "investra"?'],
    ['profile add apexmpc', 'Did you mean "apexmcp"?'],
    ['setup investr --place cursor', 'Did you mean "investra"?'],
    ['list -p mcp-clod', 'Did you mean "mcp-cloud"?'],
    ['profile use mcp-clod', 'Did you mean "mcp-cloud"?'],
    ['profile remove mcp-clod', 'Did you mean "mcp-cloud"?'],
    ['show mcp-clod/ci', 'Did you mean "mcp-cloud"?'],
    ['show stock-data/cii', 'Did you mean "ci"?'],
    ['get stokc-data', 'Did you mean "stock-data"?'],
    ['get mcp-cloud/cj', 'Did you mean "ci"?'],
    ['verify nothing', 'mcpkey list'],
    ['headers nothing', 'mcpkey list'],
    ['proxy nothing', 'mcpkey list'],
    ['exec nothing -- true', 'mcpkey list'],
    ['exec --env A=nothing -- true', 'mcpkey list'],
    ['verify @shop/stock', 'mcpkey place'],
    ['revoke nothing --yes', 'mcpkey list'],
    ['revoke --machine nobody --yes', 'No key was made or placed on "nobody"'],
    ['place mcp-cloud/ci cursr', 'Did you mean "cursor"?'],
    ['place mcp-cloud/ci env-fle', 'Did you mean "env-file"?'],
    ['create x --place cursr', 'Did you mean "cursor"?'],
    ['setup stock-data --place cursr', 'Did you mean "cursor"?'],
    ['unplace mcp-cloud/ci cursr', 'Did you mean "cursor"?'],
    ['place mcp-cloud/ci cursor --dir nowhere', 'There is no folder'],
    ['place mcp-cloud/ci --all-detected', 'mcpkey clients'],
    ['help errors usge', 'Did you mean "usage"?'],
    ['provider add nowhere.json --yes', 'There is no file'],
    ['undo nothing --yes', 'mcpkey log'],
  ]);
});

describe('arguments', () => {
  refuses('usage', [
    ['show', 'KEY is missing'],
    ['import', 'NAME is missing'],
    ['setup', 'PROVIDER|URL is missing'],
    ['profile use', 'PROFILE is missing'],
    ['revoke', 'Name the keys'],
    ['exec stock-data/ci', 'There is no program to run'],
    ['store migrate', 'Say which store'],
    ['profile set stock-data', 'There is nothing to set'],
    ['show stock-data/ci mcp-cloud/ci', 'Too many arguments'],
    ['list stock-data', 'Too many arguments'],
    ['list -p', '--profile needs a value'],
    ["list --match ''", '--match needs a value'],
    ['get --clip=3 stock-data/ci', '--clip takes no value'],
    ['show ci', /fits several keys: .*mcp-cloud\/ci.*stock-data\/ci/],
    ['get ci', 'PROFILE/NAME'],
    ['place ci cursor', 'PROFILE/NAME'],
  ]);
});

describe('values', () => {
  refuses('usage', [
    ['list --expiring soon', '30s, 15m, 24h or 90d'],
    ['list --older-than 5', '30s, 15m, 24h or 90d'],
    ['list --timeout 1ms', '30s, 15m, 24h or 90d'],
    ['list --timeout 0s', '--timeout 30s'],
    ['log --since 1y', '30s, 15m, 24h or 90d'],
    ['create x --expires 3y', '30s, 15m, 24h or 90d'],
    ['create x --expires 0d', 'from 1 to 365 days'],
    ['create x --expires 366d', 'from 1 to 365 days'],
    ['create x --scope mcp:read', 'have no scopes'],
    ['create x --metadata a=b', 'have no metadata'],
    ['create x --allow-ip 10.0.0.1', 'cannot be bound to addresses'],
    ['create x -p mcp-cloud --metadata owner', '--metadata NAME=VALUE'],
    ['create x -p mcp-cloud --allow-ip 10.0.0.0/33', '203.0.113.0/24'],
    ['create x -p mcp-cloud --allow-ip 300.0.0.1', '203.0.113.0/24'],
    ['create x -p mcp-cloud --allow-ip ::1/129', '203.0.113.0/24'],
    ['list --where owner', '--where NAME=VALUE'],
    ['usage --days 0', '--days 30'],
    ['usage --days many', '--days 30'],
    ['create x --output-env A-B', '--output-env STOCK_API_KEY'],
    ['create x --output-env STOCK_API_KEY', 'GITHUB_ENV is not set'],
    ['exec stock-data/ci --env 1A -- true', 'mcpkey exec --env'],
    ['place stock-data/ci cursor --mode env --var A-B', 'variable'],
    ['place stock-data/ci cursor --name a/b', 'The server name'],
    ['login investra --redirect-port 99999', 'from 1 to 65535'],
  ]);
});

describe('what the environment says', () => {
  refuses('not_found', [['list', 'Did you mean "stock-data"?']], { MCPKEY_PROFILE: 'stock-dta' });
  refuses(
    'usage',
    [
      ['create x', 'Did you mean "age"?'],
      ['store status', 'Did you mean "age"?'],
    ],
    { MCPKEY_STORE: 'aeg' },
  );
  refuses('usage', [['create x -p mcp-cloud', /printf .*--stdin/]], { CI: 'true' });
});

describe('a key of the wrong form', () => {
  const typed = ['sk', 'x'.repeat(30)].join('-');
  it.concurrent.each([
    [['import', 'x', '-p', 'stock-data', '--stdin'], typed],
    [['import', 'x', '-p', 'mcp-cloud', '--stdin'], typed],
    [['create', 'x', '-p', 'mcp-cloud', '--stdin'], typed],
    [['create', 'x', '-p', 'mcp-cloud', '--stdin'], `"mcp_sk_${'a'.repeat(32)}"`],
    [['create', 'x', '-p', 'investra', '--stdin'], `inv_${'a'.repeat(32)}\nand more`],
    [['create', 'x', '-p', 'investra', '--stdin'], 'x'.repeat(70_000)],
    [['login', 'stock-data', '--token-stdin'], typed],
  ])('%j is refused, and not repeated', async (args, input) => {
    const error = await machine.fails(args, { input });
    expect(error, error.message).toMatchObject({ hint: expect.stringMatching(/\w/) });
    expect(['usage', 'invalid_token']).toContain(error.code);
    expect(JSON.stringify(error)).not.toContain(input.slice(4, 20));
  });
});

describe('names of keys and profiles', () => {
  refuses('usage', [
    ['create a/b', 'has a /'],
    ['create @login', 'begins with @'],
    ["create ''", 'is empty'],
    ['create ␣', 'is empty'],
    ['create a\u001b[2Jb', 'has control characters'],
    ['create a\u0085b', 'has control characters'],
    ['import a/b -p mcp-cloud --stdin', 'has a /'],
    ['setup mcp-cloud --place cursor --key a/b', 'has a /'],
    [`create ${'n'.repeat(90)}`, 'at most 89 characters'],
    ['profile add stock-data -p a/b --url https://stock.example', 'has a /'],
    ['profile add stock-data -p @b --url https://stock.example', 'begins with @'],
  ]);
  refuses('conflict', [
    ['create ci', 'mcpkey rotate stock-data/ci'],
    ['import ci -p mcp-cloud --stdin', 'mcp-cloud/ci'],
    ['profile add stock-data --url https://stock.example', '-p NAME'],
  ]);
});

describe('addresses', () => {
  refuses('usage', [
    ['profile add stock-data -p q --url https://ann:pw@stock.example', 'a password in it'],
    ['login https://ann:pw@mcp.example.com/mcp', 'a password in it'],
    ['setup https://ann@mcp.example.com/mcp --place cursor', 'a user name or a password'],
    ['profile add generic --mcp-url https://x.example/mcp --dashboard https://a:b@x.example', 'a user name'],
    ['profile add generic --mcp-url https://x.example/mcp --dashboard javascript:alert(1)', '--dashboard'],
    ['profile add stock-data -p q --url stock.example', 'no http or https URL'],
    ['profile set stock-data --mcp-url ftp://stock.example', 'no http or https URL'],
    ['login stock-data -p q --url http://stock.example', '--allow-http'],
    ['login --mcp-url http://mcp.example.com/mcp', '--allow-http'],
    ['setup http://mcp.example.com/mcp --place cursor', '--allow-http'],
    ['login investra --issuer http://id.example', '--allow-http'],
    ['profile set stock-data --url http://stock.example --yes', '--allow-http'],
    ['login apexmcp', '--org'],
    ['profile add generic', '--mcp-url URL, or --command'],
    ['profile add generic --mcp-url https://x.example/mcp --header A␣B', 'no header name'],
    ['profile add generic --mcp-url https://x.example/mcp --key-pattern (', 'no regular expression'],
    ['profile add generic --command npx␣x --env 1A', 'is not VAR or VAR=KEY'],
    ["profile add generic --command npx␣'x --env A", 'Close the quote'],
  ]);
  refuses('conflict', [
    ['login stock-data --url https://elsewhere.example', 'mcpkey profile set stock-data'],
    ['login mcp-cloud -p stock-data', '-p NAME'],
  ]);
});

describe('options that exclude each other, or have no use here', () => {
  refuses('usage', [
    ['login stock-data --password --device', 'exclude each other'],
    ['log --format csv', 'exclude one another'],
    ['list -p stock-data --all-profiles', 'exclude each other'],
    ['revoke stock-data/ci --machine laptop --yes', 'Name the keys, or a machine'],
    ['place stock-data/ci cursor --all-detected', 'not both'],
    ['setup mcp-cloud --place cursor --all-detected', 'exclude each other'],
    ['profile add generic --command npx␣x --env A --mcp-url https://x.example/mcp', 'exclude each other'],
    ['create x --stdin', 'mcpkey import NAME --stdin'],
    ['create x --project', 'mcpkey create --place claude-code --project'],
    ['place stock-data/ci cursor --file .env', 'mcpkey place stock-data/ci env-file'],
    ['place stock-data/ci cursor --command true', 'mcpkey place stock-data/ci hook'],
    ['create x --per-client', '--place claude-code --place cursor'],
    ['create x --per-client --place cursor', 'names the keys itself'],
    ['usage --page 2', '--history'],
    ['setup stock-data --place cursor --scope mcp:read', 'have no scopes'],
    ['setup investra --place cursor --web --expires 30d', 'for a key'],
    ['profile add stock-data -p q --url https://stock.example --org acme', 'has no use for --org'],
    ['profile add mcp-cloud -p q --mcp-url https://x.example/mcp --header X-Key', 'has no use for --header'],
    ['profile add investra -p q --sign', 'signs no requests'],
    ['store use keychain --dir keys', '--dir is for the store "age"'],
    ['place stock-data/ci cursor --mode plain --print', '--print shows no key'],
  ]);
  refuses('unsupported', [
    ['place stock-data/ci claude-desktop --scope project', 'it has: user'],
    ['create x --place claude-desktop --project', 'it has: user'],
    ['place stock-data/ci cursor --mode helper', /proxy/],
    ['login stock-data --device', '--password'],
    ['login mcp-cloud', 'mcpkey create'],
    ['usage -p investra', 'investraapp.com'],
  ]);
});

describe('-p beside a ref or a name that says otherwise', () => {
  refuses('usage', [
    ['show stock-data/ci -p nosuch', 'Leave -p out: mcpkey show stock-data/ci'],
    ['show stock-data/ci -p mcp-cloud', '-p mcp-cloud and stock-data/ci name two profiles'],
    ['place stock-data/ci cursor -p mcp-cloud', 'name two profiles'],
    ['revoke ci mcp-cloud/ci -p stock-data', 'stock-data and mcp-cloud/ci'],
    ['exec stock-data/ci -p mcp-cloud -- true', 'name two profiles'],
    ['verify stock-data/@login --profile=mcp-cloud', 'name two profiles'],
    ['profile show stock-data -p mcp-cloud', 'Leave -p out: mcpkey profile show stock-data'],
    ['-p mcp-cloud logout stock-data', 'name two profiles'],
  ]);
  it.concurrent.each(['stock-data', undefined])(
    'the same one (-p %s) is no contradiction, nor is the environment',
    async (named) => {
      const options = named === undefined ? { env: { MCPKEY_PROFILE: 'mcp-cloud' } } : {};
      await machine.json(KEY, ['show', 'stock-data/ci', ...(named === undefined ? [] : ['-p', named])], options);
    },
  );
});

describe('the login’s own token, where only a key will do', () => {
  refuses('usage', [
    ['get stock-data/@login', 'not a key'],
    ['show stock-data/@login', 'not a key'],
    ['revoke stock-data/@login --yes', 'not a key'],
    ['rotate stock-data/@login', 'not a key'],
  ]);
  refuses('unsupported', [
    ['place stock-data/@login cursor', 'mcpkey create -p stock-data'],
    ['verify stock-data/@login', 'mcpkey create -p stock-data'],
    ['headers stock-data/@login', 'mcpkey create -p stock-data'],
  ]);
});

describe('questions that nobody can answer', () => {
  refuses('usage', [
    ['revoke stock-data/ci', '--yes'],
    ['profile set stock-data --mcp-url https://elsewhere.example/messages', '--yes'],
    ['setup mcp-cloud', '--place claude-code'],
    ['create x -p mcp-cloud', /printf .*--stdin/],
    ['import x -p mcp-cloud', /printf .*--stdin/],
    ['create x -p mcp-cloud --stdin', 'Stdin is empty'],
    ['import x -p mcp-cloud --stdin', 'Stdin is empty'],
    ['login stock-data --password', 'MCPKEY_EMAIL and MCPKEY_PASSWORD'],
    ['login stock-data --token-stdin', 'Stdin is empty'],
    ['login apexmcp --org acme --client-credentials', 'MCPKEY_CLIENT_ID and MCPKEY_CLIENT_SECRET'],
    ['login stock-data', '--token-stdin'],
  ]);
});

describe('a coding agent', () => {
  for (const name of ['CLAUDECODE', 'CURSOR_AGENT', 'GEMINI_CLI', 'CODEX_SANDBOX', 'AGENT']) {
    refuses(
      'usage',
      [
        ['get stock-data/ci', 'mcpkey exec'],
        ['create x --show', 'mcpkey exec'],
      ],
      { [name]: '1' },
    );
  }
  it('may, where its person set MCPKEY_REVEAL', async () => {
    const own = await createMachine({ AGENT: '1', MCPKEY_REVEAL: '1', STOCK_API_KEY: ['made', 'up'].join('-') });
    await own.run(['profile', 'add', 'generic', '-p', 'stock', '--mcp-url', 'https://stock.example/mcp']);
    expect((await own.run(['get', 'stock', '--store', 'env'])).stdout).toBe('made-up\n');
  });
});

it('no service was asked for more than its list', () => {
  const requests = sandbox.requests.slice(asked).map(({ method, path }) => `${method} ${path}`);
  expect(new Set(requests)).toEqual(new Set(['GET /api/mcp-keys/list']));
});

it('two keys of one name at the service are told apart by their ids', async () => {
  const { url, mcpUrl } = sandbox.service('stock-data');
  const env = { MCPKEY_EMAIL: sandbox.person.email, MCPKEY_PASSWORD: sandbox.person.password };
  const [first, other, third] = await Promise.all(Array.from({ length: 3 }, () => createMachine(env)));
  for (const each of [first, other, third]) {
    await each?.run(['profile', 'add', 'stock-data', '--url', url, '--mcp-url', mcpUrl]);
  }
  const made = [await first?.json(KEY, ['create', 'twin']), await other?.json(KEY, ['create', 'twin'])];
  const error = await third?.fails(['show', 'twin']);
  expect(error).toMatchObject({ code: 'usage', exit: 2, hint: expect.stringContaining('id') });
  for (const key of made) expect(error?.message).toContain(`stock-data/${key?.id}`);
  await third?.run(['revoke', `stock-data/${made[0]?.id}`, '--yes']);
  expect(await third?.json(KEY, ['show', 'twin'])).toMatchObject({ id: made[1]?.id });
  await other?.run(['revoke', 'twin', '--yes']);
});
