/** Options that several commands take, with what they mean written once. */
import { flag, list, value } from './command.ts';
import type { KeyWishes } from './keys/options.ts';

/** What a key shall be like. */
export const KEY_OPTIONS = {
  scope: list('S', 'a scope of the key (repeatable; default: the least that the service documents)'),
  expires: value('DURATION|never', 'when it ends (default 90d where the service has expiry)'),
  metadata: list('K=V', 'metadata of the key (repeatable)'),
  allowIp: list('CIDR', 'addresses that may use it (repeatable)'),
};

export const wishesOf = (options: {
  scope: string[];
  expires: string | undefined;
  metadata: string[];
  allowIp: string[];
}): KeyWishes => ({
  scopes: options.scope,
  expires: options.expires,
  metadata: options.metadata,
  allowedIps: options.allowIp,
});

/** Where a key is placed, for commands that make one. */
export const PLACE_OPTIONS = {
  place: list('CLIENT', 'place it into this client (repeatable)', { completes: 'client' }),
  project: flag("place into the project's files instead of the user's"),
};
