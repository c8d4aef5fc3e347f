import { ok, skipped, warning } from './findings.ts';
import { line, minuteOf } from './scope/words.ts';
import { eachKey } from './subjects.ts';
import type { Check } from './types.ts';

export const check: Check = {
  id: 'key.grace',
  title: 'Old keys after a rotation',
  looksAt: 'The old value of each rotated key: whether its grace is over, or a person still has to revoke it.',
  warning: 'The old key still works and should not any more.',
  remedies: [
    'End it: mcpkey rotate KEY --finish',
    'Where only a person can revoke it, that command prints the page and the steps.',
  ],
  looks: eachKey(async ({ record: { previous }, ref }, { context }) => {
    if (previous === null) return ok('There is no old key beside it.');
    const finish = line(['rotate', ref, '--finish']);
    const at = previous.revokeAt === null ? undefined : minuteOf(previous.revokeAt);
    if (previous.lapses) return ok(`The old key ends by itself${at === undefined ? '' : ` on ${at}`}.`);
    if (previous.revokeAt === null) return warning(`The old key ${previous.id} waits to be revoked by hand.`, finish);
    if (Date.parse(previous.revokeAt) > context.now()) return skipped(`The old key lives on until ${at}.`);
    return warning(`The old key ${previous.id} should have been revoked on ${at}.`, finish);
  }),
};
