import { posix, win32 } from 'node:path';
import type { Paths } from './types.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Where mcpkey keeps its own files. `MCPKEY_HOME` puts everything below one folder; without it the platform's own
 * folders are used: XDG on Linux (relative values are ignored, as that specification asks), Application Support on
 * macOS, APPDATA and LOCALAPPDATA on Windows. Touches no file.
 */
export function resolvePaths(env: Env, platform: NodeJS.Platform, home: string): Paths {
  const { join } = platform === 'win32' ? win32 : posix;
  const { config, data, state } = roots(env, platform, home);
  return {
    config,
    data,
    state,
    ledger: join(data, 'ledger'),
    age: join(data, 'age'),
    undo: join(data, 'undo'),
    providers: join(data, 'providers'),
    app: join(data, 'app'),
    journals: join(state, 'journals'),
    locks: join(state, 'locks'),
    log: join(state, 'log'),
  };
}

function roots(env: Env, platform: NodeJS.Platform, home: string): Pick<Paths, 'config' | 'data' | 'state'> {
  const { join, resolve, isAbsolute } = platform === 'win32' ? win32 : posix;
  const below = (folder: string) => ({
    config: join(folder, 'config'),
    data: join(folder, 'data'),
    state: join(folder, 'state'),
  });
  if (env.MCPKEY_HOME) return below(resolve(env.MCPKEY_HOME));
  if (platform === 'darwin') return below(join(home, 'Library', 'Application Support', 'mcpkey'));

  const folder = (value: string | undefined, ...usual: string[]) =>
    value && isAbsolute(value) ? value : join(home, ...usual);
  if (platform === 'win32') {
    const local = join(folder(env.LOCALAPPDATA, 'AppData', 'Local'), 'mcpkey');
    return {
      config: join(folder(env.APPDATA, 'AppData', 'Roaming'), 'mcpkey', 'config'),
      data: join(local, 'data'),
      state: join(local, 'state'),
    };
  }
  return {
    config: join(folder(env.XDG_CONFIG_HOME, '.config'), 'mcpkey'),
    data: join(folder(env.XDG_DATA_HOME, '.local', 'share'), 'mcpkey'),
    state: join(folder(env.XDG_STATE_HOME, '.local', 'state'), 'mcpkey'),
  };
}
