import { formatAgo } from '../duration.ts';
import { SOON } from '../keys/ending.ts';
import { failure, ok, warning } from './findings.ts';
import { remoteOf } from './scope/records.ts';
import { line, minuteOf } from './scope/words.ts';
import { eachKey } from './subjects.ts';
import type { Check } from './types.ts';

export const check: Check = {
  id: 'key.expiry',
  title: 'When the key ends',
  looksAt: 'When each key ends, by the service’s own word where it can be asked.',
  warning: 'It ends within 14 days.',
  error: 'It has ended: clients get 401.',
  remedies: ['Replace it: mcpkey rotate KEY', 'Let it be replaced in time: mcpkey schedule install'],
  looks: eachKey(async (key, scope) => {
    const ends = (await remoteOf(key, scope))?.expiresAt ?? key.record.expiresAt;
    if (ends === null) return ok('It does not end by itself.');
    const now = scope.context.now();
    const left = Date.parse(ends) - now;
    const rotate = line(['rotate', key.ref]);
    if (left <= 0) return failure(`It ended on ${minuteOf(ends)}.`, rotate);
    const seen = `It ends ${formatAgo(ends, now)}, on ${minuteOf(ends)}.`;
    return left < SOON ? warning(seen, rotate) : ok(seen);
  }),
};
