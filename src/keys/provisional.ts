import type { Context } from '../context.ts';
import type { KeyRecord } from '../ledger.ts';
import type { Profile } from '../profiles.ts';

/**
 * The record of a key that has none: not there yet, for looking at what placing it would do, or not there any more. It
 * names no secret.
 */
export const provisionalRecord = (
  { host }: Pick<Context, 'host'>,
  { name: profile, provider }: Pick<Profile, 'name' | 'provider'>,
  name: string,
): KeyRecord => ({
  profile,
  provider,
  name,
  id: '',
  label: name,
  prefix: null,
  scopes: [],
  createdAt: null,
  expiresAt: null,
  lastUsedAt: null,
  status: 'active',
  metadata: {},
  allowedIps: [],
  placements: [],
  previous: null,
  secret: null,
  origin: null,
  mark: null,
  host,
  assisted: true,
});
