/** docs/clients/: one page a client, made from what its file in src/clients/ says. */
import { posix, win32 } from 'node:path';
import { loadSource } from '../source.mjs';

const SYSTEMS = [
  { platform: 'linux', title: 'Linux', paths: posix },
  { platform: 'darwin', title: 'macOS', paths: posix },
  { platform: 'win32', title: 'Windows', paths: win32 },
];
const LAUNCHER = '/home/ann/.local/share/mcpkey/app/mcpkey';
const URL = 'https://stock.example/messages';
const NPX = { command: 'npx', args: ['-y', '@acme/mcp'], env: {} };
const own = (...args) => ({ command: LAUNCHER, args, env: {} });
/** What each mode asks of a client, in the order in which the pages tell them. */
const REQUESTS = [
  ['proxy', { mode: 'proxy', run: own('proxy', 'stock/ci') }],
  ['helper', { mode: 'helper', url: URL, run: own('headers', 'stock/ci') }],
  [
    'wrap',
    { mode: 'wrap', run: own('exec', '--no-mask', '--env', 'ACME_KEY=acme/ci', '--', 'npx', '-y', '@acme/mcp') },
  ],
  ['env', { mode: 'env', url: URL, headers: { Authorization: { prefix: 'Bearer ', variable: 'STOCK_API_KEY' } } }],
  ['env', { mode: 'env', run: NPX, variables: { ACME_KEY: 'ACME_KEY' } }],
];
const MEANING = {
  proxy: 'mcpkey holds the key and forwards',
  helper: 'the client asks mcpkey for the headers',
  wrap: 'a local server is started through mcpkey',
  env: 'the client reads a variable',
  plain: 'the key itself, only when asked for by name',
};
const LANGUAGE = { json: 'json', jsonc: 'json', toml: 'toml', yaml: 'yaml' };

/** Markdown by file name; `README.md` lists them. */
export async function clientPages() {
  const { CLIENTS } = await loadSource('src/clients/index.ts');
  const formats = {
    ...(await loadSource('src/clients/formats/json.ts')),
    ...(await loadSource('src/clients/formats/toml.ts')),
    ...(await loadSource('src/clients/formats/yaml.ts')),
  };
  const clients = Object.values(CLIENTS);
  const list = [
    '# Clients',
    'Where each client keeps its servers, and how a key is placed there without standing in the file. A project’s file is below the project’s folder; `~` is the home folder; `XDG_CONFIG_HOME`, `APPDATA` and a client’s own variables are followed.',
    table(
      ['client', 'user file (Linux)', 'project file', 'modes'],
      clients.map((client) => [
        `[${client.id}](${client.id}.md)`,
        code(filesOn(client, SYSTEMS[0], 'user')[0]?.path),
        code(filesOn(client, SYSTEMS[0], 'project')[0]?.path),
        client.modes.map(code).join(', '),
      ]),
    ),
  ];
  return new Map([
    ['README.md', list.join('\n\n')],
    ...clients.map((client) => [`${client.id}.md`, page(client, formats)]),
  ]);
}

/** README's table, by the modes that a remote server can have. */
export async function clientTable() {
  const { CLIENTS } = await loadSource('src/clients/index.ts');
  const rows = Object.values(CLIENTS).map((client) => {
    const paths = ['user', 'project'].flatMap((scope) => filesOn(client, SYSTEMS[0], scope).map(({ path }) => path));
    const files = paths.map((path) => code(path.replace(/globalStorage\/.*\//, 'globalStorage/…/'))).join(', ');
    const { id, modes, localModes = [] } = client;
    const remote = modes.filter((mode) => mode !== 'wrap' && !localModes.includes(mode));
    return [code(id), files || 'none: `place --print`', remote.map(code).join(', ')];
  });
  return table(['client', 'files (Linux)', 'modes'], rows);
}

function page(client, formats) {
  const { title, id, modes, reload } = client;
  const parts = [
    `# ${title}`,
    `\`mcpkey place KEY ${id}\`${runsOn(client)}`,
    '## Files',
    files(client),
    found(client),
    '## Modes',
    table(
      ['mode', 'means', 'for'],
      modes.map((mode, index) => [
        `\`${mode}\`${index === 0 ? ' (default)' : ''}`,
        MEANING[mode],
        servesWhat(client, mode),
      ]),
    ),
    ...entries(client, formats),
    '## When it notices',
    `${capital(reload)}.`,
    ...notices(client),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

const NAMES = { linux: 'Linux', darwin: 'macOS', win32: 'Windows' };
const runsOn = ({ platforms }) =>
  platforms === undefined ? '' : ` (it runs on ${platforms.map((platform) => NAMES[platform]).join(' and ')})`;

function servesWhat({ localModes = [] }, mode) {
  if (mode === 'wrap' || localModes.includes(mode)) return 'local servers';
  return mode === 'proxy' || mode === 'helper' ? 'remote servers' : 'remote and local servers';
}

/** A machine whose home folder is `~` and on which nothing is there. */
const machineOn = (platform) => ({
  platform,
  home: '~',
  env: {},
  dir: '.',
  exists: () => false,
  names: () => [],
  read: () => undefined,
});

const filesOn = (client, { platform }, scope) =>
  client.files(machineOn(platform)).filter((file) => file.scope === scope && !file.aside);

function files(client) {
  const scopes = [...new Set(client.files(machineOn('linux')).map(({ scope }) => scope))];
  if (scopes.length === 0) {
    return `None that could be written: print the entry and paste it.\n\n    mcpkey place KEY ${client.id} --print`;
  }
  const rows = scopes.map((scope) => [
    scope,
    ...SYSTEMS.map((system) =>
      filesOn(client, system, scope)
        .map(({ path }) => code(path))
        .join('<br>'),
    ),
  ]);
  const all = client.files(machineOn('linux'));
  const guessed = all.filter(({ mustExist }) => mustExist).map(({ path }) => code(path));
  const [first] = all;
  const keys = first.servers.map((key) => `\`${key}\``).join(' → ');
  const shape = first.named === undefined ? 'table' : `list, by \`${first.named}\``;
  const lines = [
    table(['scope', ...SYSTEMS.map(({ title }) => title)], rows),
    `${LANGUAGE[first.format].toUpperCase()}, servers in ${keys} (${shape}).`,
  ];
  if (guessed.length > 0) lines.push(`Placed into only where it exists already: ${guessed.join(', ')}.`);
  return lines.join('\n\n');
}

function found(client) {
  const { programs, paths } = client.traces(machineOn('linux'));
  const signs = [...programs.map((name) => `\`${name}\` on PATH`), ...paths.map((path) => code(path))];
  return `Found by ${[...signs, ...(client.files(machineOn('linux')).length > 0 ? ['its own file'] : [])].join(', ')}.`;
}

function entries(client, formats) {
  const file = client.files(machineOn('linux')).find(({ aside }) => !aside) ?? client.paste;
  const { format, servers, named } = file;
  return REQUESTS.filter(([mode]) => client.modes.includes(mode)).flatMap(([mode, request]) => {
    const server = 'url' in request || mode === 'proxy' ? 'stock' : 'acme';
    const entry = tryEntry(client, request, { server, platform: 'linux', scope: 'user', file });
    if (entry === undefined) return [];
    const table = named === undefined ? { [server]: entry } : [entry];
    const text = formats[format].print(servers.reduceRight((inner, key) => ({ [key]: inner }), table));
    const what = mode === 'env' ? `${mode}, ${'url' in request ? 'remote' : 'local'} server` : mode;
    return [`### ${what}`, `\`\`\`${LANGUAGE[format]}\n${text.trimEnd()}\n\`\`\``];
  });
}

/** Undefined where the client has no such entry. */
function tryEntry(client, request, site) {
  try {
    return client.entry(request, site);
  } catch (error) {
    if (error.code === 'unsupported') return undefined;
    throw error;
  }
}

/** Where a line is told in some scopes or modes alone, these stand before it. */
function notices(client) {
  if (client.notice === undefined) return [];
  const scopes = [...new Set(client.files(machineOn('linux')).map(({ scope }) => scope))];
  const told = new Map();
  for (const scope of scopes) {
    for (const mode of client.modes) {
      const line = client.notice(scope, mode, 'stock');
      const { scopes: inScopes = new Set(), modes = new Set() } = told.get(line) ?? {};
      if (line !== undefined) told.set(line, { scopes: inScopes.add(scope), modes: modes.add(code(mode)) });
    }
  }
  const lines = [...told].map(([line, where]) => {
    const only = [
      ...(where.scopes.size < scopes.length ? [...where.scopes] : []),
      ...(where.modes.size < client.modes.length ? [...where.modes] : []),
    ];
    return only.length === 0 ? `- ${line}` : `- ${only.join(', ')}: ${line}`;
  });
  return lines.length === 0 ? [] : ['## To know', lines.join('\n')];
}

const code = (text) => (text === undefined ? '–' : `\`${text}\``);
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
