/**
 * Killed by SIGKILL before and behind every journal write and at every request and answer, in every way of rotating: when it was
 * resumed, one key works, the placement carries it, and nothing of ours lives that we do not know.
 */
import { describe, expect, it } from 'vitest';
import { program } from '../../helpers/cli.ts';
import { killAt, type Point } from './points.ts';
import { startSite } from './site.ts';
import { STRATEGIES } from './strategies.ts';
import { torture } from './torture.ts';

const KINDS: readonly Point['kind'][] = ['journal', 'request', 'answer'];
const MOST = 130;
let points = 0;

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
        await run('readonly', 12);
      }
      // Here the old key goes before anything else is written down.
      if (strategy.id === 'revoke-first') await run('full', 2);
    } finally {
      await site.close();
    }
    expect(faults).toEqual([]);
  });
});

it('at 200 points and more', () => expect(points).toBeGreaterThanOrEqual(200));

it('and at points chosen by chance, as `npm run torture` does', { timeout: 120_000 }, async () => {
  const told: string[] = [];
  const report = (line: string) => void told.push(line);
  const figures = await torture({ program: program(), points: 5, lanes: 1, only: 'create-first', report });
  expect(figures).toMatchObject({ lost: 0, orphans: 0, faults: told });
  expect(told).toEqual([]);
  expect(figures.killed).toBeGreaterThanOrEqual(5);
});
