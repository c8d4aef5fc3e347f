import { failure, ok, skipped } from './findings.ts';
import { isLossy } from './scope/stores.ts';
import { remedyOf } from './scope/words.ts';
import { eachStore } from './subjects.ts';
import type { Check } from './types.ts';

export const check: Check = {
  id: 'store.roundtrip',
  title: 'What the store gives back',
  looksAt: 'A value that is no secret is written to each store in use, read back and deleted.',
  error: 'The store does not give back what was written to it.',
  remedies: ['Choose another store: mcpkey store use age, and move what can be read: mcpkey store migrate --to age'],
  looks: eachStore(async ({ kind, state, error }) => {
    if (kind.readOnly) return skipped('It is read only.');
    if (!error) return ok('Written, read back, deleted.');
    if (!state.available && !isLossy(error)) return skipped('It is not available.');
    return failure(error.message, remedyOf(error));
  }),
};
