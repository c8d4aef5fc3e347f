import { join } from 'node:path';
import type { StorePorts } from '../../src/stores/types.ts';

/** The machine as a store sees it, everything below `dir`. */
export function storePorts(dir: string, env: StorePorts['env'] = {}, more: Partial<StorePorts> = {}): StorePorts {
  return {
    env,
    configDir: join(dir, 'config'),
    dataDir: join(dir, 'data'),
    platform: process.platform,
    index: async () => [],
    ...more,
  };
}
