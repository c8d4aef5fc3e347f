/** Kills rotations at random points, in every way of rotating, and counts what was lost. */
import { randomInt } from 'node:crypto';
import { killAt, type Point, type Verdict } from './points.ts';
import { type Site, startSite } from './site.ts';
import { STRATEGIES, type Strategy } from './strategies.ts';

export interface TortureOptions {
  /** Of the built program. */
  readonly program: string;
  readonly points: number;
  /** Machines at work side by side. */
  readonly lanes: number;
  /** Only strategies whose id has this in it. */
  readonly only?: string | undefined;
  /** What does not hold. */
  report(line: string): void;
  /** So many points are behind us. */
  progress?(killed: number): void;
}

export interface Figures {
  readonly killed: number;
  readonly lost: number;
  readonly orphans: number;
  readonly faults: readonly string[];
  readonly byStrategy: Readonly<Record<string, number>>;
}

/** Chosen by chance up to these numbers; beyond the last one the program comes to its end. */
const REACH = { journal: 18, torn: 10, disk: 90, full: 60, readonly: 90, request: 12, answer: 12 };
const KINDS = ['journal', 'torn', 'disk', 'full', 'readonly', 'request', 'answer'] as const;

export async function torture(options: TortureOptions): Promise<Figures> {
  const strategies = STRATEGIES.filter(({ id }) => id.includes(options.only ?? ''));
  const verdicts: Verdict[] = [];
  const byStrategy: Record<string, number> = {};
  const count = (strategy: Strategy, verdict: Verdict) => {
    verdicts.push(verdict);
    if (verdict.killed) byStrategy[strategy.id] = (byStrategy[strategy.id] ?? 0) + 1;
    if (verdict.killed) options.progress?.(killed());
    for (const fault of verdict.faults) options.report(fault);
  };
  const killed = () => verdicts.filter((verdict) => verdict.killed).length;
  const lane = async (own: readonly Strategy[]): Promise<void> => {
    const sites = new Map<Strategy, Site>();
    try {
      for (const strategy of own) sites.set(strategy, await startSite(options.program, strategy.service));
      for (let turn = 0; killed() < options.points; turn += 1) {
        const strategy = own[turn % own.length];
        const site = strategy && sites.get(strategy);
        if (strategy && site) count(strategy, await killAt(site, strategy, anyPoint()));
      }
    } finally {
      for (const site of sites.values()) await site.close();
    }
  };
  const own = Array.from({ length: options.lanes }, (_, at) =>
    strategies.filter((_, index) => index % options.lanes === at),
  );
  await Promise.all(own.filter((list) => list.length > 0).map(lane));
  const faults = verdicts.flatMap((verdict) => verdict.faults);
  const having = (word: string) => faults.filter((fault) => fault.includes(word)).length;
  return { killed: killed(), lost: having('LOST'), orphans: having('ORPHAN'), faults, byStrategy };
}

function anyPoint(): Point {
  const kind = KINDS[randomInt(KINDS.length)] ?? 'disk';
  return { kind, at: 1 + randomInt(REACH[kind]) };
}
