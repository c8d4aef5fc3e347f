/** The ways in which a key is rotated, each with a service that wants it so. */
import type { NativeOptions } from '../../sandbox/native.ts';
import { must, type Site } from './site.ts';

export interface Strategy {
  readonly id: string;
  readonly service: NativeOptions;
  readonly args: readonly string[];
  /** What stands on stdin: the key that a person made. */
  input?(site: Site): string;
  /** Brings the key to where the strategy begins. */
  before?(site: Site): Promise<void>;
  /** What a person does when the program is done. */
  after?(site: Site): Promise<void>;
  /** The service's ids are not known here: keys are told apart by their secrets. */
  readonly idsOfOurOwn?: boolean;
}

const ROTATE = ['rotate', 'acme/ci'];

/** The person revokes every key that the machine knows and does not use, and says so. */
async function revokeKnown(site: Site): Promise<void> {
  const { id, known } = await site.look();
  for (const key of site.native.living()) {
    if (key.id !== id && known.includes(key.id)) site.native.revoke(key.id);
  }
  await finish(site);
}

/** Keys that a person made are theirs to know: all that the machine does not use go. */
async function revokeOwn(site: Site): Promise<void> {
  const { secret } = await site.look();
  for (const key of site.native.living()) {
    if (!key.secrets.some((one) => one.value === secret)) site.native.revoke(key.id);
  }
  await finish(site);
}

const finish = async (site: Site): Promise<void> => void (await must(site, ['rotate', '--finish', '--json']));

/** A key in grace whose time is over. */
async function intoGrace(site: Site): Promise<void> {
  await must(site, [...ROTATE, '--grace', '1s', '--json']);
  await new Promise((done) => setTimeout(done, 1_001));
}

export const STRATEGIES: readonly Strategy[] = [
  { id: 'create-first', service: {}, args: ROTATE },
  { id: 'grace over', service: {}, args: ['rotate', '--finish'], before: intoGrace, after: finish },
  { id: 'native, same id', service: { rotate: { id: 'same', overlap: false } }, args: ROTATE },
  { id: 'native, same id, overlap', service: { rotate: { id: 'same', overlap: true } }, args: ROTATE },
  { id: 'native, new id', service: { rotate: { id: 'new', overlap: false } }, args: ROTATE },
  { id: 'native, new id, overlap', service: { rotate: { id: 'new', overlap: true } }, args: ROTATE },
  { id: 'revoke-first', service: { oneKey: true }, args: [...ROTATE, '--order', 'revoke-first', '--yes'] },
  { id: 'revoked by hand', service: { revokeByHand: true }, args: ROTATE, after: revokeKnown },
  {
    id: 'by hand',
    service: { createByHand: true, revokeByHand: true },
    args: [...ROTATE, '--stdin'],
    input: (site) => site.native.make('ci'),
    after: revokeOwn,
    idsOfOurOwn: true,
  },
];
