import { describe, expect, it } from 'vitest';
import { resolvePaths } from '../../src/system/paths.ts';

const support = '/h/Library/Application Support/mcpkey';

describe('resolvePaths', () => {
  it('puts everything below MCPKEY_HOME', () => {
    expect(resolvePaths({ MCPKEY_HOME: '/k', XDG_DATA_HOME: '/no' }, 'linux', '/home/ann')).toEqual({
      config: '/k/config',
      data: '/k/data',
      state: '/k/state',
      ledger: '/k/data/ledger',
      age: '/k/data/age',
      undo: '/k/data/undo',
      providers: '/k/data/providers',
      app: '/k/data/app',
      journals: '/k/state/journals',
      locks: '/k/state/locks',
      log: '/k/state/log',
    });
  });

  it.each<[NodeJS.Platform, Record<string, string>, config: string, data: string, state: string]>([
    ['linux', {}, '/h/.config/mcpkey', '/h/.local/share/mcpkey', '/h/.local/state/mcpkey'],
    [
      'linux',
      { XDG_CONFIG_HOME: '/c', XDG_DATA_HOME: '/d', XDG_STATE_HOME: '/s' },
      '/c/mcpkey',
      '/d/mcpkey',
      '/s/mcpkey',
    ],
    [
      'linux',
      { XDG_CONFIG_HOME: 'relative', MCPKEY_HOME: '' },
      '/h/.config/mcpkey',
      '/h/.local/share/mcpkey',
      '/h/.local/state/mcpkey',
    ],
    ['darwin', {}, `${support}/config`, `${support}/data`, `${support}/state`],
  ])('knows the folders of %s with %j', (platform, env, config, data, state) => {
    expect(resolvePaths(env, platform, '/h')).toMatchObject({ config, data, state });
  });

  it('knows the folders of Windows', () => {
    const env = { APPDATA: 'D:\\Roaming', LOCALAPPDATA: undefined };
    expect(resolvePaths(env, 'win32', 'C:\\Users\\ann')).toMatchObject({
      config: 'D:\\Roaming\\mcpkey\\config',
      ledger: 'C:\\Users\\ann\\AppData\\Local\\mcpkey\\data\\ledger',
      log: 'C:\\Users\\ann\\AppData\\Local\\mcpkey\\state\\log',
    });
  });
});
