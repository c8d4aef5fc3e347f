/** Where the program is killed, and what must hold afterwards. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { NativeKey } from '../../sandbox/native.ts';
import { must, patiently, type Site } from './site.ts';
import type { Strategy } from './strategies.ts';

/** Each with its number, from 1. */
export type Point =
  /**
   * Right before the n-th touch of the disk: of a journal, whole or half written, or of anything of ours and of the
   * clients. `full` and `readonly`: it lives, and from there on the disk takes no more, or lets nothing be changed.
   */
  | { readonly kind: 'journal' | 'torn' | 'disk' | 'full' | 'readonly'; readonly at: number }
  /** At the n-th request, before the service has seen it, or when the service is done with it. */
  | { readonly kind: 'request' | 'answer'; readonly at: number };

export interface Verdict {
  /** False where the program came to its end before this point, unharmed. */
  readonly killed: boolean;
  /** What does not hold; empty where all is well. */
  readonly faults: readonly string[];
}

const DIE_AT = fileURLToPath(new URL('die-at.mjs', import.meta.url));

/** Kills a rotation at `point`, resumes it, and looks at what is left. */
export async function killAt(site: Site, strategy: Strategy, point: Point): Promise<Verdict> {
  await strategy.before?.(site);
  const input = strategy.input?.(site);
  const killed = await killOnce(site, strategy, point, input);
  const stderr = killed ? await resume(site, input, point) : '';
  await strategy.after?.(site);
  // On a full disk even the record of a dead secret cannot be taken away.
  if (lives(point)) site.litter = (await site.look()).kept - 1;
  const faults = await faultsOf(site, strategy);
  const where = `${strategy.id}, ${point.kind} ${point.at}`;
  return { killed, faults: faults.map((fault) => `${where}: ${fault}${stderr && `\n${stderr}`}`) };
}

const lives = ({ kind }: Point): boolean => kind === 'full' || kind === 'readonly';

async function killOnce(site: Site, strategy: Strategy, point: Point, input: string | undefined): Promise<boolean> {
  const network = point.kind === 'request' || point.kind === 'answer';
  let child: ChildProcess | undefined;
  let seen = 0;
  const event = point.kind === 'request' ? 'arrived' : 'answered';
  site.native.tap = async (what) => {
    if (!network || what !== event) return undefined;
    seen += 1;
    if (seen !== point.at || !child) return undefined;
    child.kill('SIGKILL');
    await once(child, 'close');
    return 'drop';
  };
  const watch = (started: ChildProcess) => {
    child = started;
  };
  const env = network ? {} : dyingEnv(site, point);
  const { code, stdout, stderr } = await patiently(() => site.run([...strategy.args, '--json'], { env, input, watch }));
  site.native.tap = undefined;
  if (lives(point)) return code !== 0;
  if (code !== null && code !== 0) throw new Error(`${strategy.id}: exit ${code}\n${stdout}${stderr}`);
  return code === null;
}

function dyingEnv({ mcpkey, home }: Site, { kind, at }: Point): Record<string, string> {
  const journals = `${mcpkey}/state/journals/rotation-`;
  const ofJournals = kind === 'journal' || kind === 'torn';
  return {
    NODE_OPTIONS: `--import=${DIE_AT}`,
    MCPKEY_TEST_DIE_AT: String(at),
    MCPKEY_TEST_DIE_UNDER: ofJournals ? journals : [`${mcpkey}/data`, `${mcpkey}/state`, home].join(':'),
    MCPKEY_TEST_DIE_HOW: kind,
    // Before a record is written and behind it are two states: a step was done, and the next one has not begun.
    MCPKEY_TEST_DIE_SYNC: kind === 'disk' || kind === 'journal' ? '1' : '0',
  };
}

/** Only where something was left; a key that nothing was begun for is as it was. Resolves to what was said. */
async function resume(site: Site, input: string | undefined, point: Point): Promise<string> {
  const { journals } = await site.look();
  if (journals.length === 0) return '';
  const byHand = input === undefined ? [] : ['--stdin'];
  const args = ['rotate', '--resume', '--json', ...byHand];
  // What a disk that takes nothing left half said may end in a failure, with everything as it was.
  const { stdout, stderr } = lives(point)
    ? await patiently(() => site.run(args, { input }))
    : await must(site, args, input);
  return stdout + stderr;
}

async function faultsOf(site: Site, { idsOfOurOwn = false }: Strategy): Promise<string[]> {
  const held = await site.look();
  const living = site.native.living();
  const accepted = site.native.accepted();
  const uses = living.find((key) => key.secrets.some((one) => one.value === held.secret));
  const isKnown = (key: NativeKey) => (idsOfOurOwn ? key === uses : held.known.includes(key.id));
  const orphans = living.filter((key) => !isKnown(key)).map((key) => key.id);
  const rules: [boolean, string][] = [
    [held.secret !== undefined && accepted.includes(held.secret), 'LOST: the secret that is kept does not work'],
    [orphans.length === 0, `ORPHAN: ${orphans.join(', ')} live and are not known`],
    [accepted.length === 1, `${accepted.length} secrets are accepted`],
    [idsOfOurOwn || uses?.id === held.id, `${held.id} is not the id of the key in use`],
    [held.secret !== undefined && held.placed.includes(held.secret), 'the placement carries another secret'],
    [held.kept === 1 + site.litter, `${held.kept} secrets are in the store`],
    [held.journals.length === 0, `left: ${held.journals.join(', ')}`],
    [held.previous === undefined, `the old key ${held.previous} is still there`],
  ];
  return rules.filter(([holds]) => !holds).map(([, fault]) => fault);
}
