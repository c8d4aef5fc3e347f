import type { Column, Io } from '../io.ts';
import type { StoreRow } from '../vault/status.ts';

/** `--json` and the table are two views of the same rows. */
export function showStores(io: Io, rows: readonly StoreRow[]): void {
  if (io.json) io.document(rows);
  else io.table(rows, storeColumns(io));
}

const storeColumns = (io: Io): readonly Column<StoreRow>[] => [
  { title: 'STORE', text: (row) => (row.current ? `${row.store} (current)` : row.store) },
  { title: 'WORKS', text: (row) => (row.available ? io.color('green', 'yes') : io.color('red', 'no')) },
  { title: 'OUTLIVES REBOOT', text: (row) => yesOrNo(row.persistent), rank: 2 },
  { title: 'SECRETS', text: (row) => String(row.secrets), rank: 1 },
  { title: 'DETAIL', text: (row) => row.detail, rank: 3 },
];

function yesOrNo(value: boolean | null): string {
  if (value === null) return '?';
  return value ? 'yes' : 'no';
}
