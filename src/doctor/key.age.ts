import { formatDuration } from '../duration.ts';
import { ok, skipped, warning } from './findings.ts';
import { remoteOf } from './scope/records.ts';
import { line } from './scope/words.ts';
import { eachKey } from './subjects.ts';
import type { Check } from './types.ts';

const DAY = 86_400_000;

/** `90 days`, as it was said where it is no whole days. */
const termOf = (term: number): string =>
  term % DAY === 0 ? `${term / DAY} ${term === DAY ? 'day' : 'days'}` : formatDuration(term);

export const check: Check = {
  id: 'key.age',
  title: 'How old the key is',
  looksAt:
    'How long ago the service made each key. Services advise to replace keys every 90 days; --max-age sets another term.',
  warning: 'It is older than that.',
  remedies: [
    'Replace it: mcpkey rotate KEY',
    'Let it be replaced in time: mcpkey schedule install',
    'Another term: mcpkey doctor --max-age 180d',
  ],
  looks: eachKey(async (key, scope) => {
    const made = (await remoteOf(key, scope))?.createdAt ?? key.record.createdAt;
    if (made === null) return skipped('When it was made is not known.');
    const days = Math.floor((scope.context.now() - Date.parse(made)) / DAY);
    const seen = days < 1 ? 'It was made today.' : `It was made ${days} ${days === 1 ? 'day' : 'days'} ago.`;
    if (scope.context.now() - Date.parse(made) <= scope.maxAge) return ok(seen);
    return warning(`${seen} That is more than ${termOf(scope.maxAge)}.`, line(['rotate', key.ref]));
  }),
};
