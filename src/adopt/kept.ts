/** The keys that are kept on this machine, with their values: what is found in a file may be one of them. */
import type { Context } from '../context.ts';
import type { KeyRecord } from '../ledger.ts';

export interface KeptValue {
  readonly record: KeyRecord;
  readonly value: string;
}

export async function keptValues(context: Pick<Context, 'ledger' | 'vault'>): Promise<readonly KeptValue[]> {
  const kept: KeptValue[] = [];
  for (const record of await context.ledger.keys()) {
    if (record.status === 'revoked' || record.secret === null) continue;
    const value = await context.vault.read(record.profile, record.secret);
    if (value) kept.push({ record, value: value.reveal() });
  }
  return kept;
}
