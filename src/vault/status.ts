import type { Context } from '../context.ts';
import type { StoreKind } from '../stores/types.ts';

/** A row of `store status`. */
export interface StoreRow {
  readonly store: string;
  /** New secrets go to it. */
  readonly current: boolean;
  readonly available: boolean;
  /** Null: cannot be told. */
  readonly persistent: boolean | null;
  /** How many secrets it holds, logins included. */
  readonly secrets: number;
  readonly detail: string;
}

type Parts = Pick<Context, 'stores' | 'vault'>;

/** All stores side by side, or those of `ids` alone. */
export async function storeRows(context: Parts, ids?: readonly string[]): Promise<readonly StoreRow[]> {
  const current = await context.vault.currentStore();
  const kinds = (await context.stores()).filter(({ id }) => ids === undefined || ids.includes(id));
  const held = await context.vault.index();
  const inIndex = (kind: StoreKind) => held.filter((entry) => entry.store === kind.id).length;
  return Promise.all(
    kinds.map(async (kind) => {
      const ports = context.vault.ports(kind.id);
      const secrets = kind.readOnly ? (await ports.index()).length : inIndex(kind);
      return { store: kind.id, current: kind.id === current, ...(await kind.inspect(ports)), secrets };
    }),
  );
}
