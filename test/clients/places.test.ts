/** Where each client's files are, on each system, as its own documents name them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CLIENTS } from '../../src/clients/index.ts';
import type { Client, ClientMachine } from '../../src/clients/types.ts';

const HOMES = { linux: '/home/ann', darwin: '/Users/ann', win32: 'C:\\Users\\ann' } as const;
const DIRS = { linux: '/work/shop', darwin: '/work/shop', win32: 'D:\\shop' } as const;
type System = keyof typeof HOMES;
const SYSTEMS: readonly System[] = ['linux', 'darwin', 'win32'];

interface Disk {
  readonly env?: Readonly<Record<string, string>>;
  /** Paths that are there, with what is in them. */
  readonly files?: Readonly<Record<string, string>>;
}

function machineOn(platform: System, { env = {}, files = {} }: Disk = {}): ClientMachine {
  const paths = Object.keys(files);
  const sign = platform === 'win32' ? '\\' : '/';
  return {
    platform,
    home: HOMES[platform],
    env,
    dir: DIRS[platform],
    exists: (path) => paths.some((each) => each === path || each.startsWith(path + sign)),
    names: (folder) => [
      ...new Set(
        paths.flatMap((path) =>
          path.startsWith(folder + sign) ? [path.slice(folder.length + 1).split(sign)[0] ?? ''] : [],
        ),
      ),
    ],
    read: (path) => files[path],
  };
}

const CLIENT_LIST: Readonly<Record<string, Client>> = CLIENTS;

/** Files of a scope that an entry would go into. */
function pathsOf(id: string, scope: string, machine: ClientMachine): string[] {
  const files = CLIENT_LIST[id]?.files(machine) ?? [];
  return files.flatMap((file) =>
    file.scope === scope && !file.aside && (!file.mustExist || machine.exists(file.path)) ? [file.path] : [],
  );
}

type Place = string | null;
interface Places {
  readonly user: Place | Readonly<Record<System, Place>>;
  readonly project: Place;
}

/** In a client's fixtures: `~` is the home folder, `.` the project's; null: no file is made. */
function placesOf(id: string): Places {
  return JSON.parse(readFileSync(join(import.meta.dirname, '../fixtures/clients', id, 'places.json'), 'utf8'));
}

function written(path: string, system: System): string {
  const full = path.replace(/^~/, HOMES[system]).replace(/^\.(?=\/)/, DIRS[system]);
  return system === 'win32' ? full.replaceAll('/', '\\') : full;
}

describe.each(Object.keys(CLIENT_LIST))('%s', (id) => {
  const { user, project } = placesOf(id);

  it.each(SYSTEMS)('has the user’s file where it is on %s', (system) => {
    const path = typeof user === 'string' || user === null ? user : user[system];
    expect(pathsOf(id, 'user', machineOn(system))).toEqual(path === null ? [] : [written(path, system)]);
  });

  it.each(SYSTEMS)('has the project’s file where it is on %s', (system) => {
    const wanted = project === null ? [] : [written(project, system)];
    expect(pathsOf(id, 'project', machineOn(system))).toEqual(wanted);
  });
});

describe('what decides where a file is', () => {
  it.each([
    ['claude-code', 'CLAUDE_CONFIG_DIR', '/x', '/x/.claude.json'],
    ['codex', 'CODEX_HOME', '/x', '/x/config.toml'],
    ['copilot-cli', 'COPILOT_HOME', '/x', '/x/mcp-config.json'],
    ['cline-cli', 'CLINE_DIR', '/x', '/x/data/settings/cline_mcp_settings.json'],
    ['crush', 'CRUSH_GLOBAL_CONFIG', '/x', '/x/crush.json'],
    ['kimi-code', 'KIMI_CODE_HOME', '/x', '/x/mcp.json'],
    ['grok-build', 'GROK_HOME', '/x', '/x/config.toml'],
    ['zed', 'FLATPAK_XDG_CONFIG_HOME', '/x', '/x/zed/settings.json'],
    ['zed', 'XDG_CONFIG_HOME', '/x', '/x/zed/settings.json'],
    ['vscode', 'XDG_CONFIG_HOME', '/x', '/x/Code/User/mcp.json'],
    ['opencode', 'XDG_CONFIG_HOME', '/x', '/x/opencode/opencode.json'],
    ['kilo-code', 'XDG_CONFIG_HOME', '/x', '/x/kilo/kilo.json'],
    ['amp', 'XDG_CONFIG_HOME', '/x', '/x/amp/settings.json'],
    ['goose', 'XDG_CONFIG_HOME', '/x', '/x/goose/config.yaml'],
    ['crush', 'XDG_CONFIG_HOME', '/x', '/x/crush/crush.json'],
    ['mcporter', 'XDG_CONFIG_HOME', '/x', '/x/mcporter/mcporter.json'],
  ])('%s follows %s', (id, name, value, path) => {
    expect(pathsOf(id, 'user', machineOn('linux', { env: { [name]: value } }))).toEqual([path]);
  });

  it('follows APPDATA and LOCALAPPDATA on Windows', () => {
    const env = { APPDATA: 'E:\\roaming', LOCALAPPDATA: 'E:\\local' };
    const store = 'E:\\local\\Packages\\Claude_pzs8sxrjxfjjc\\LocalCache\\Roaming\\Claude';
    const at = (files: Record<string, string>) => machineOn('win32', { env, files });
    expect(pathsOf('vscode', 'user', at({}))).toEqual(['E:\\roaming\\Code\\User\\mcp.json']);
    expect(pathsOf('claude-desktop', 'user', at({ [`${store}\\x`]: '' }))).toEqual([
      `${store}\\claude_desktop_config.json`,
    ]);
    const copilot = 'E:\\local\\github-copilot\\intellij\\mcp.json';
    expect(pathsOf('copilot-jetbrains', 'user', at({ [copilot]: '{}' }))).toEqual([copilot]);
    const opencode = 'E:\\local\\opencode\\opencode.jsonc';
    expect(pathsOf('opencode', 'user', at({ [opencode]: '{}' }))).toEqual([opencode]);
  });

  const HOME = HOMES.linux;
  const FOUND: readonly (readonly [string, string, readonly string[], readonly string[]])[] = [
    [
      'windsurf',
      'user',
      ['.codeium/mcp_config.json', '.config/devin/mcp_config.json'],
      ['.config/devin/mcp_config.json', '.codeium/mcp_config.json'],
    ],
    [
      'vscode',
      'user',
      [
        '.config/Code/User/profiles/-1a2b/mcp.json',
        '.config/Code/User/profiles/77/settings.json',
        '.vscode-server/data/User/mcp.json',
      ],
      ['.config/Code/User/mcp.json', '.config/Code/User/profiles/-1a2b/mcp.json', '.vscode-server/data/User/mcp.json'],
    ],
    [
      'opencode',
      'user',
      ['.config/opencode/opencode.json', '.config/opencode/opencode.jsonc'],
      ['.config/opencode/opencode.jsonc'],
    ],
    [
      'kilo-code',
      'user',
      ['.config/Code/User/globalStorage/kilocode.kilo-code/settings/mcp_settings.json'],
      ['.config/Code/User/globalStorage/kilocode.kilo-code/settings/mcp_settings.json'],
    ],
    [
      'kilo-code',
      'user',
      ['.config/Code/User/globalStorage/kilocode.kilo-code/settings/mcp_settings.json', '.config/kilo/kilo.jsonc'],
      ['.config/kilo/kilo.jsonc'],
    ],
    [
      'amazon-q',
      'user',
      ['.aws/amazonq/cli-agents/dev.json', '.aws/amazonq/cli-agents/notes.md', '.aws/amazonq/agents/default.json'],
      ['.aws/amazonq/agents/default.json', '.aws/amazonq/cli-agents/dev.json'],
    ],
    ['antigravity', 'user', ['.gemini/antigravity/mcp_config.json'], ['.gemini/antigravity/mcp_config.json']],
    ['continue', 'user', ['.continue/config.json'], []],
    ['mcporter', 'user', ['.mcporter/mcporter.jsonc'], ['.mcporter/mcporter.jsonc']],
    ['boltai', 'user', ['.boltai/mcp.json'], ['.boltai/mcp.json']],
    [
      'copilot-jetbrains',
      'user',
      ['.config/github-copilot/intellij/mcp.json'],
      ['.config/github-copilot/intellij/mcp.json'],
    ],
  ];
  it.each(FOUND)('%s (%s) with %j: %j', (id, scope, there, wanted) => {
    const files = Object.fromEntries(there.map((path) => [`${HOME}/${path}`, '{}']));
    expect(pathsOf(id, scope, machineOn('linux', { files }))).toEqual(wanted.map((path) => `${HOME}/${path}`));
  });

  it('leaves a ~/.mcp.json to the clients whose table it has', () => {
    const path = `${HOME}/.mcp.json`;
    const at = (text: string) => pathsOf('visual-studio', 'user', machineOn('linux', { files: { [path]: text } }));
    expect(at('{"mcpServers":{}}')).toEqual([]);
    expect(at('{"mcpServers":{},"servers":{}}')).toEqual([path]);
  });

  const PROJECTS: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[]])[] = [
    ['visual-studio', { '.mcp.json': '{"mcpServers":{"a":{}}}' }, ['.vs/mcp.json']],
    ['visual-studio', { '.mcp.json': '{"servers":{"a":{}}}' }, ['.mcp.json']],
    ['copilot-cli', { '.github/mcp.json': '{}' }, ['.github/mcp.json']],
    ['copilot-cli', { '.github/mcp.json': '{}', '.mcp.json': '{}' }, ['.mcp.json']],
    ['opencode', { '.opencode/opencode.jsonc': '{}' }, ['.opencode/opencode.jsonc']],
    ['crush', { 'crush.json': '{}' }, ['crush.json']],
    ['kilo-code', { '.kilocode/mcp.json': '{}' }, ['.kilocode/mcp.json']],
    ['kilo-code', { 'kilo.jsonc': '{}', '.kilocode/mcp.json': '{}' }, ['kilo.jsonc']],
    ['windsurf', { '.devin/mcp_config.json': '{}' }, ['.devin/mcp_config.json']],
    ['amazon-q', { '.amazonq/mcp.json': '{}' }, ['.amazonq/mcp.json']],
    ['antigravity', { '.agents/mcp_config.json': '{}' }, ['.agents/mcp_config.json']],
    ['continue', { '.continue/mcpServers/other.yaml': '' }, ['.continue/mcpServers/mcpkey.yaml']],
  ];
  it.each(PROJECTS)('%s in a project with %j: %j', (id, there, wanted) => {
    const files = Object.fromEntries(Object.entries(there).map(([path, text]) => [`${DIRS.linux}/${path}`, text]));
    expect(pathsOf(id, 'project', machineOn('linux', { files }))).toEqual(
      wanted.map((path) => `${DIRS.linux}/${path}`),
    );
  });

  it('takes librechat.yaml and fastagent.config.yaml from the folder, the latter from above as well', () => {
    const files = { '/work/fastagent.config.yaml': '', '/work/shop/librechat.yaml': '' };
    const machine = machineOn('linux', { files });
    expect(pathsOf('librechat', 'user', machine)).toEqual(['/work/shop/librechat.yaml']);
    expect(pathsOf('fast-agent', 'user', machine)).toEqual(['/work/fastagent.config.yaml']);
  });
});
