import type { Ledger } from '../ledger.ts';

/** A ledger that is loaded with the first call; `generationFile` is answered at once. */
export function deferredLedger(
  load: () => Promise<Ledger>,
  { generationFile }: Pick<Ledger, 'generationFile'>,
): Ledger {
  return {
    generationFile,
    keys: async (...words) => (await load()).keys(...words),
    key: async (...words) => (await load()).key(...words),
    add: async (...words) => (await load()).add(...words),
    update: async (...words) => (await load()).update(...words),
    remove: async (...words) => (await load()).remove(...words),
    record: async (...words) => (await load()).record(...words),
    history: async () => (await load()).history(),
    verifyHistory: async () => (await load()).verifyHistory(),
    binding: async (...words) => (await load()).binding(...words),
    bind: async (...words) => (await load()).bind(...words),
    unbind: async (...words) => (await load()).unbind(...words),
  };
}
