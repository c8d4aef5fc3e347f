import { isRefused } from '../keys/check.ts';
import { failure, ok, skipped, warning } from './findings.ts';
import { remoteOf } from './scope/records.ts';
import { line } from './scope/words.ts';
import { eachKey, type KeyAtHand } from './subjects.ts';
import type { Check, Finding, Scope } from './types.ts';

export const check: Check = {
  id: 'key.missing',
  title: 'Keys that are gone at the service',
  looksAt:
    'Whether the service still lists each key that is held here. An empty list alone proves nothing: the key itself is tried.',
  warning: 'The service does not list it, and yet takes it.',
  error: 'It was revoked or deleted at the service: clients get 401.',
  remedies: ['Make a new one in its place: mcpkey rotate KEY', 'If it is not needed any more: mcpkey revoke KEY'],
  looks: eachKey(look),
};

async function look(key: KeyAtHand, scope: Scope): Promise<Finding> {
  if (key.record.assisted) return skipped('This service lists its keys in its dashboard alone.');
  const list = await scope.remote(key.profile);
  if ('unasked' in list) return skipped(list.unasked);
  if ('error' in list) return skipped(`The service did not list its keys: ${list.error.message}`);
  const rotate = line(['rotate', key.ref]);
  const remote = await remoteOf(key, scope);
  if (remote) {
    if (remote.status !== 'revoked') return ok('The service lists it.');
    return failure('The service lists it as revoked.', rotate);
  }
  const answer = await scope.answer(key.ref);
  if ('unasked' in answer) {
    return list.keys.length === 0
      ? skipped('The service’s list is empty.')
      : failure('The service does not list it any more.', rotate);
  }
  if (answer.result.ok) {
    if (list.keys.length === 0) return ok('The service’s list is empty, and it takes the key.');
    return warning('The service does not list it any more, and yet takes it.', rotate);
  }
  if (isRefused(answer.result)) return failure('The service does not list it any more, and refuses it.', rotate);
  return list.keys.length === 0
    ? skipped('The service’s list is empty.')
    : failure('The service does not list it any more.', rotate);
}
