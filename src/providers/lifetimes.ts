/** How long a key lives, in the service's own unit. */
import { UserError } from '../errors.ts';
import type { Manifest } from './manifest.ts';
import type { DurationUnit } from './manifest-http.ts';
import { writeTime } from './times.ts';

const UNIT_MS: Readonly<Record<DurationUnit, number>> = {
  milliseconds: 1,
  seconds: 1_000,
  minutes: 60_000,
  hours: 3_600_000,
  days: 86_400_000,
};
const DEFAULT_MS = 90 * UNIT_MS.days;

export interface ServiceLifetime {
  /** In the service's unit; null: never; undefined: the service has no expiry. */
  readonly value: number | null | undefined;
  /** The same in ms. */
  readonly ms: number | null | undefined;
  /** More than was asked for, because the service counts in whole units. */
  readonly rounded: boolean;
}

export const inUnit = (milliseconds: number, unit: DurationUnit) => Math.ceil(milliseconds / UNIT_MS[unit]);

/** `amount` of `unit` in ms. */
export const inMilliseconds = (amount: number, unit: DurationUnit) => amount * UNIT_MS[unit];

/**
 * What the service is asked for: `lifetime` in ms, null for a key without end, undefined for the default (the
 * manifest's, else 90 days). Rounded up to the service's unit. Throws `usage` outside its limits, for a key without
 * end where there is none, and for a term where keys have none; `option` is what it was asked for with.
 */
export function serviceLifetime(
  manifest: Pick<Manifest, 'title' | 'key'>,
  lifetime: number | null | undefined,
  option = '--expires',
): ServiceLifetime {
  const { expiry } = manifest.key;
  if (!expiry) {
    if (typeof lifetime === 'number') {
      throw new UserError('usage', `Keys of ${manifest.title} have no expiry.`, { hint: `Leave ${option} out.` });
    }
    return { value: undefined, ms: lifetime, rounded: false };
  }
  if (lifetime === null) {
    if (expiry.never) return { value: null, ms: null, rounded: false };
    throw new UserError('usage', `Keys of ${manifest.title} must expire.`, { hint: limits(manifest, option) });
  }
  const wanted = lifetime ?? (expiry.default === undefined ? DEFAULT_MS : inMilliseconds(expiry.default, expiry.unit));
  const value = inUnit(wanted, expiry.unit);
  if (value < (expiry.min ?? 1) || value > (expiry.max ?? Number.MAX_SAFE_INTEGER)) {
    throw new UserError('usage', `${manifest.title} makes no key for ${value} ${expiry.unit}.`, {
      hint: limits(manifest, option),
    });
  }
  const ms = inMilliseconds(value, expiry.unit);
  return { value, ms, rounded: ms !== wanted };
}

function limits(manifest: Pick<Manifest, 'key'>, option: string): string {
  const { expiry } = manifest.key;
  const unit = expiry?.unit ?? 'days';
  // A key for one run has an end always.
  const never = expiry?.never && option === '--expires' ? ', or never' : '';
  if (expiry?.max === undefined) return `${option} of ${expiry?.min ?? 1} ${unit} or more${never}`;
  return `${option} from ${expiry.min ?? 1} to ${expiry.max} ${unit}${never}`;
}

/** The input `expires` of a request: units, a point in time, null, or undefined (left out). `now` in ms. */
export function expiryInput(
  manifest: Pick<Manifest, 'title' | 'key'>,
  lifetime: number | null | undefined,
  now: number,
): string | number | null | undefined {
  const { expiry } = manifest.key;
  const { value, ms } = serviceLifetime(manifest, lifetime);
  if (!expiry || value === undefined) return undefined;
  if (value === null) return expiry.never === 'null' ? null : undefined;
  return expiry.as && typeof ms === 'number' ? writeTime(now + ms, expiry.as) : value;
}

/** The same for a person who types it in: `90 days (until 2027-02-18)`, `never`. */
export function lifetimeInWords(
  manifest: Pick<Manifest, 'title' | 'key'>,
  lifetime: number | null | undefined,
  now: number,
): string | undefined {
  const { value, ms } = serviceLifetime(manifest, lifetime);
  if (value === undefined || ms === undefined) return undefined;
  if (ms === null) return 'never';
  const unit = manifest.key.expiry?.unit ?? 'days';
  const word = value === 1 ? unit.slice(0, -1) : unit;
  return `${value} ${word} (until ${new Date(now + ms).toISOString().slice(0, 10)})`;
}
