/** Adds TIMES keys of its own (WHO), and as often counts up a key that all share, and writes it to the history. */
import { keyRecord, ledgerAt } from '../helpers/records.ts';

const [dir = '', who = '', times = ''] = process.argv.slice(2);
const ledger = ledgerAt(dir);
for (let count = 0; count < Number(times); count += 1) {
  await ledger.add(keyRecord({ name: `${who}-${count}` }));
  await ledger.update('stock', 'shared', (record) => ({ ...record, id: String(Number(record.id) + 1) }));
  await ledger.record({ command: 'create', ref: `stock/${who}-${count}` });
}
