/** Which protocol era each MCP URL answered to last time, so that a probe begins with the right one. A cache: it may be lost. */
import { join } from 'node:path';
import { readText, writeAtomic } from '../system/files.ts';
import type { Paths } from '../system/types.ts';
import { parseJson } from './body.ts';
import { isObject } from './message.ts';

export type Era = 'legacy' | 'modern';

export interface Eras {
  get(url: string): Promise<Era | undefined>;
  set(url: string, era: Era): Promise<void>;
}

/** The oldest are forgotten beyond this. */
const MAX_URLS = 200;

export function createEras(paths: Pick<Paths, 'state'>): Eras {
  const path = join(paths.state, 'eras.json');
  const read = async (): Promise<Record<string, unknown>> => {
    const known = parseJson((await readText(path)) ?? '{}');
    return isObject(known) ? { ...known } : {};
  };
  const write = async (url: string, era: Era): Promise<void> => {
    const known = await read();
    if (known[url] === era) return;
    delete known[url];
    const newest = Object.entries({ ...known, [url]: era }).slice(-MAX_URLS);
    await writeAtomic(path, `${JSON.stringify(Object.fromEntries(newest))}\n`);
  };
  return {
    async get(url) {
      const era = (await read().catch(() => ({}) as Record<string, unknown>))[url];
      return era === 'legacy' || era === 'modern' ? era : undefined;
    },
    // A disk that is full or read-only costs one more request next time, nothing else.
    set: (url, era) => write(url, era).catch(() => undefined),
  };
}
