/** What `create` is asked for, checked against what the provider can do, before anything is sent. */
import { isIP } from 'node:net';
import { parseDuration } from '../duration.ts';
import { UserError } from '../errors.ts';
import { withNearest } from '../nearest.ts';
import { serviceLifetime } from '../providers/lifetimes.ts';
import type { Manifest } from '../providers/types.ts';

/** The words as typed. */
export interface KeyWishes {
  readonly scopes: readonly string[];
  readonly expires: string | undefined;
  readonly metadata: readonly string[];
  readonly allowedIps: readonly string[];
}

export interface KeyTerms {
  readonly scopes: readonly string[];
  /** ms; null: never; undefined: the service has no expiry. */
  readonly lifetime: number | null | undefined;
  /** `lifetime` is longer than was asked for, because the service counts in whole units. */
  readonly rounded: boolean;
  readonly metadata: Readonly<Record<string, string>>;
  readonly allowedIps: readonly string[];
}

/**
 * Throws `usage`, naming what is wrong and what would do: nothing that was asked for is quietly ignored. `term`: the
 * option that the term was given with.
 */
export function checkWishes(manifest: Manifest, wishes: KeyWishes, term = '--expires'): KeyTerms {
  return {
    scopes: checkScopes(manifest, wishes.scopes),
    ...checkExpires(manifest, wishes.expires, term),
    metadata: checkMetadata(manifest, wishes.metadata),
    allowedIps: checkAddresses(manifest, wishes.allowedIps),
  };
}

function checkScopes(manifest: Manifest, wished: readonly string[]): readonly string[] {
  const known = manifest.scopes.known.map((scope) => scope.id);
  if (wished.length === 0) return manifest.scopes.default;
  if (known.length === 0 && !manifest.scopes.pattern) {
    throw new UserError('usage', `Keys of ${manifest.title} have no scopes.`, { hint: 'Leave --scope out.' });
  }
  for (const scope of wished) {
    if (
      known.includes(scope) ||
      (manifest.scopes.pattern && new RegExp(`^(?:${manifest.scopes.pattern})$`).test(scope))
    )
      continue;
    throw new UserError('usage', withNearest(`${manifest.title} has no scope "${scope}".`, scope, known), {
      hint: `Scopes: ${known.join(', ')}`,
    });
  }
  return [...new Set(wished)];
}

/** Rounded up to the service's unit, which the provider's rules decide. */
function checkExpires(
  manifest: Manifest,
  wished: string | undefined,
  option: string,
): Pick<KeyTerms, 'lifetime' | 'rounded'> {
  if (!manifest.key.expiry && wished === 'never') return { lifetime: undefined, rounded: false };
  const asked = wished === undefined ? undefined : wished === 'never' ? null : parseDuration(wished, option);
  const { ms, rounded } = serviceLifetime(manifest, asked, option);
  return { lifetime: ms, rounded };
}

function checkMetadata(manifest: Manifest, wished: readonly string[]): Readonly<Record<string, string>> {
  const names = manifest.key.metadata;
  if (wished.length > 0 && !names) {
    throw new UserError('usage', `Keys of ${manifest.title} have no metadata.`, { hint: 'Leave --metadata out.' });
  }
  return Object.fromEntries(
    wished.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new UserError('usage', `"${pair}" is no metadata.`, { hint: '--metadata NAME=VALUE' });
      const name = pair.slice(0, at);
      if (Array.isArray(names) && !names.includes(name)) {
        throw new UserError('usage', withNearest(`${manifest.title} has no metadata "${name}".`, name, names), {
          hint: `Metadata: ${names.join(', ')}`,
        });
      }
      return [name, pair.slice(at + 1)] as const;
    }),
  );
}

function checkAddresses(manifest: Manifest, wished: readonly string[]): readonly string[] {
  if (wished.length > 0 && !manifest.key.allowedIps) {
    throw new UserError('usage', `Keys of ${manifest.title} cannot be bound to addresses.`, {
      hint: 'Leave --allow-ip out.',
    });
  }
  for (const cidr of wished) {
    const [address = '', bits, ...more] = cidr.split('/');
    const family = isIP(address);
    const widest = family === 6 ? 128 : 32;
    const bitsFit = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= widest);
    if (family === 0 || !bitsFit || more.length > 0) {
      throw new UserError('usage', `"${cidr}" is neither an address nor a CIDR range.`, {
        hint: '--allow-ip 203.0.113.0/24',
      });
    }
  }
  return wished;
}
