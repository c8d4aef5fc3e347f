import { UserError } from '../errors.ts';
import { failure, ok, skipped } from './findings.ts';
import { isDamaged } from './scope/stores.ts';
import { line, remedyOf } from './scope/words.ts';
import { eachKey } from './subjects.ts';
import type { Check, Finding } from './types.ts';

export const check: Check = {
  id: 'key.form',
  title: 'The key’s form',
  looksAt: 'Each key’s secret: whether it is still in its store, and has the form of its service’s keys.',
  error: 'The secret is gone, cannot be read, or is not whole: cut off while it was copied, or another service’s.',
  remedies: ['Replace it: mcpkey rotate KEY', 'Or keep the right one: mcpkey import NAME'],
  looks: eachKey(async ({ record, ref, profile }, scope) => {
    if (record.secret === null) return skipped('Its secret is not kept here.');
    const { provider } = await scope.connection(profile);
    await scope.usable(record.profile, record.secret);
    const value = await scope.context.vault.read(record.profile, record.secret).catch(fault);
    if (value instanceof UserError) return unreadable(value, ref);
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

/** A store that fails as a whole has thrown before. */
function fault(error: unknown): UserError {
  if (error instanceof UserError && error.exitCode === 7) return error;
  throw error;
}

/** What is damaged is replaced; what another identity opens may yet be read. */
export function unreadable(error: UserError, ref: string): Finding {
  const replace = line(['rotate', ref]);
  return failure(
    `Its secret cannot be read: ${error.message}`,
    isDamaged(error) ? replace : (remedyOf(error, { ref }) ?? replace),
  );
}
