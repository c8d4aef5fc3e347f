/**
 * Killed by SIGKILL before and behind every journal write and at every request and answer, in every way of rotating: when it was
 * resumed, one key works, the placement carries it, and nothing of ours lives that we do not know.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { program } from '../../helpers/cli.ts';
import { killAt, type Point } from './points.ts';
import { startSite } from './site.ts';
import { STRATEGIES } from './strategies.ts';

const KINDS: readonly Point['kind'][] = ['journal', 'request', 'answer'];
const MOST = 80;
let points = 0;
afterAll(() => expect(points).toBeGreaterThanOrEqual(200));

describe.concurrent('killed at any point', () => {
  it.each(STRATEGIES)('$id', { timeout: 600_000 }, async (strategy) => {
    const site = await startSite(program(), strategy.service);
    const faults: string[] = [];
    const run = async (kind: Point['kind'], every = 1): Promise<void> => {
      for (let at = 1; at <= MOST; at += every) {
        const verdict = await killAt(site, strategy, { kind, at });
        faults.push(...verdict.faults);
        if (!verdict.killed) return;
        points += 1;
      }
      throw new Error(`${strategy.id} does not end within ${MOST} points`);
    };
    try {
      for (const kind of KINDS) await run(kind);
      // What the disk does to us is the same in every way of rotating; the torture looks at the rest.
      if (strategy.id === 'create-first') {
        await run('torn');
        await run('full', 4);
      }
    } finally {
      await site.close();
    }
    expect(faults).toEqual([]);
  });
});
