/** What a provider allows, and what a rotation will do. Pure: nothing is asked of anyone. */

import { formatAtMost, formatDuration } from '../duration.ts';
import { UserError } from '../errors.ts';
import { refOf } from '../keys/refs.ts';
import type { KeyRecord } from '../ledger.ts';
import { inMilliseconds, inUnit } from '../providers/lifetimes.ts';
import type { RotateOperation } from '../providers/manifest.ts';
import type { Provider } from '../providers/types.ts';
import { typed } from '../typed.ts';
import type { Order, RotationOptions } from './types.ts';

/** How the new key comes about: the service rotates by itself, makes a second one, or a person does. */
export type Making = 'native' | 'api' | 'hand';
/** Who ends the old key: the service by itself, mcpkey by its API, or a person. */
export type Retiring = 'service' | 'api' | 'hand';

export interface RotationPlan {
  readonly making: Making;
  readonly order: Order;
  /** How long the old key lives on, in ms. */
  readonly grace: number;
  /** `native`: what the service is asked for, in ms; undefined where it has none. */
  readonly overlap?: number | undefined;
  /** `native`: whether the new key has the old one's id. */
  readonly id?: 'same' | 'new' | undefined;
  readonly retiring: Retiring;
}

/**
 * What the old key is left to live where no grace was asked for and the service can give it a time: long enough to
 * store and prove the new one, so that a crash in between leaves a key that works. It is revoked right after.
 */
const SAFETY = 15 * 60_000;

type Parts = Pick<Provider, 'id' | 'title' | 'manifest' | 'operations'>;

/** Throws `usage` for a grace or an order that cannot be, `unsupported` where the service has no way. `now` in ms. */
export function planRotation(provider: Parts, record: KeyRecord, options: RotationOptions, now: number): RotationPlan {
  const grace = allowedGrace(record, options, now);
  const native = nativePlan(provider, grace, options.order);
  if (native) return native;
  const { create, rotate, revoke } = provider.operations;
  if (create.mode === 'unsupported' && rotate.mode === 'unsupported') {
    throw new UserError('unsupported', create.reason, { provider: provider.id });
  }
  if (revoke.mode === 'unsupported') throw new UserError('unsupported', revoke.reason, { provider: provider.id });
  const order = options.order ?? provider.manifest.rules.order;
  if (order === 'revoke-first' && grace > 0) {
    throw new UserError(
      'usage',
      'With revoke-first the old key is gone before there is a new one: there is no grace.',
      {
        hint: 'Leave --grace out.',
      },
    );
  }
  const making = create.mode === 'api' ? 'api' : 'hand';
  return { making, order, grace, retiring: revoke.mode === 'api' ? 'api' : 'hand' };
}

/** The plan names the old key to the service, by an id that only the service knows. */
export const needsId = ({ making, retiring }: RotationPlan, { assisted }: KeyRecord): boolean =>
  assisted && (making === 'native' || retiring === 'api');

export function withoutId(record: KeyRecord, title: string): UserError {
  const ref = refOf(record);
  return new UserError(
    'unsupported',
    `Which of the keys at ${title} ${ref} is cannot be told, so that it could be ended.`,
    {
      provider: record.provider,
      hint: typed`Revoke it there by hand, then: mcpkey revoke ${ref} --forget && mcpkey create ${record.name} -p ${record.profile}`,
    },
  );
}

/** Throws `usage` where the old key ends before its grace does. */
function allowedGrace(record: KeyRecord, { grace, shortenGrace }: RotationOptions, now: number): number {
  if (grace === 0 || record.expiresAt === null) return grace;
  const left = Math.max(0, Date.parse(record.expiresAt) - now);
  if (grace <= left) return grace;
  if (shortenGrace) return left;
  throw new UserError(
    'usage',
    `The old key ends on ${record.expiresAt}, before a grace of ${formatDuration(grace)} is over.`,
    { hint: left < 1_000 ? 'Leave --grace out.' : `--grace ${formatAtMost(left)} or less` },
  );
}

/** That the grace is shorter than what was asked for, in words. */
export function shortened({ grace }: RotationPlan, record: KeyRecord, asked: RotationOptions): readonly string[] {
  if (grace >= asked.grace) return [];
  const end = `The old key ends on ${record.expiresAt}`;
  if (grace === 0) return [`${end}: it gets no grace.`];
  return [`${end}, so it lives on for ${formatAtMost(grace)} instead of ${formatDuration(asked.grace)}.`];
}

/** Undefined where the service does not rotate by itself, or cannot do what is asked for and there is another way. */
function nativePlan(provider: Parts, grace: number, order: Order | undefined): RotationPlan | undefined {
  const operation = provider.manifest.operations.rotate;
  if (operation?.mode !== 'api') return undefined;
  const { create, revoke } = provider.operations;
  const another = create.mode === 'api' && revoke.mode === 'api';
  const most = longestOverlap(operation);
  const fits = grace <= most;
  if (another && (order !== undefined || !fits)) return undefined;
  if (order === 'revoke-first') {
    throw new UserError('usage', `${provider.title} replaces keys by itself: there is no order to choose.`, {
      hint: 'Leave --order out.',
    });
  }
  if (!fits) {
    throw new UserError('usage', `${provider.title} lets the old key live on for ${formatDuration(most)} at most.`, {
      hint: most === 0 ? 'Leave --grace out.' : `--grace ${formatDuration(most)} or less`,
    });
  }
  const base = { making: 'native', order: 'create-first', grace, id: operation.id } as const;
  if (most === 0) return { ...base, retiring: 'service' };
  if (operation.id === 'same' || revoke.mode !== 'api') return { ...base, overlap: grace, retiring: 'service' };
  return { ...base, overlap: Math.max(grace, Math.min(SAFETY, most)), retiring: 'api' };
}

/** In ms; 0 where the old secret ends at once. */
function longestOverlap({ overlap }: RotateOperation): number {
  if (!overlap) return 0;
  return overlap.max === undefined ? Number.MAX_SAFE_INTEGER : inMilliseconds(overlap.max, overlap.unit);
}

/** The term of the new key, in ms: the old one's. Null: never; undefined: what the service gives. */
export function termOf(record: KeyRecord, { key }: Parts['manifest']): number | null | undefined {
  if (!key.expiry) return undefined;
  if (record.lifetime !== undefined) return record.lifetime;
  if (record.createdAt === null || record.expiresAt === null) return undefined;
  const { unit, min = 1, max = Number.MAX_SAFE_INTEGER } = key.expiry;
  // Created and expiry are told apart by a second more or less than whole units.
  const told = Date.parse(record.expiresAt) - Date.parse(record.createdAt) - 60_000;
  return inMilliseconds(Math.min(max, Math.max(min, inUnit(told, unit))), unit);
}

/** The plan in words, a line a step. */
export function planInWords(plan: RotationPlan, title: string): readonly string[] {
  const making = {
    native: `${title} makes a new secret${plan.id === 'same' ? ' under the same id' : ''}`,
    api: `make a new key at ${title}`,
    hand: `you make a new key in the dashboard of ${title}`,
  }[plan.making];
  const retiring = {
    service: `the old secret ends by itself; see it refused`,
    api: 'revoke the old key, and see it refused',
    hand: `you revoke the old key in the dashboard of ${title}; see it refused`,
  }[plan.retiring];
  const make = [
    making,
    'store it, and read it back',
    'check it with tools/list',
    'write it where the key itself stands',
  ];
  const current = 'from then on proxies and helpers use the new key';
  if (plan.order === 'revoke-first') return [`${retiring}: from here on no key works`, ...make, current];
  const grace = plan.grace > 0 ? [`the old key lives on for ${formatAtMost(plan.grace)}`] : [];
  return [...make, current, ...grace, retiring];
}
