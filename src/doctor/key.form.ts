import { UserError } from '../errors.ts';
import { failure, ok, skipped } from './findings.ts';
import { line } from './scope/words.ts';
import { eachKey } from './subjects.ts';
import type { Check } from './types.ts';

export const check: Check = {
  id: 'key.form',
  title: 'The key’s form',
  looksAt: 'Each key’s secret: whether it is still in its store, and has the form of its service’s keys.',
  error: 'The secret is gone, or is not whole: cut off while it was copied, or another service’s.',
  remedies: ['Replace it: mcpkey rotate KEY', 'Or keep the right one: mcpkey import NAME'],
  looks: eachKey(async ({ record, ref, profile }, scope) => {
    if (record.secret === null) return skipped('Its secret is not kept here.');
    const { provider } = await scope.connection(profile);
    await scope.usable(record.profile, record.secret);
    const value = await scope.context.vault.read(record.profile, record.secret);
    if (value === undefined) return failure('Its secret is gone from its store.', line(['rotate', ref]));
    try {
      provider.checkForm(value);
      return ok(`It has the form of a key of ${provider.title}.`);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return failure(error.message, line(['rotate', ref]));
    }
  }),
};
