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
  const held = await context.vault.index();
  const kinds = await kindsOf(context, ids ?? [current, ...held.map(({ store }) => store)], ids === undefined);
  const inIndex = (kind: StoreKind) => held.filter((entry) => entry.store === kind.id).length;
  return Promise.all(
    kinds.map(async (kind) => {
      const ports = context.vault.ports(kind.id);
      const secrets = kind.readOnly ? (await ports.index()).length : inIndex(kind);
      return { store: kind.id, current: kind.id === current, ...(await kind.inspect(ports)), secrets };
    }),
  );
}

/** Those of `ids`, in the order of the table; those that need a name to be a store behind them. */
async function kindsOf(context: Parts, ids: readonly string[], all: boolean): Promise<readonly StoreKind[]> {
  const usual = await context.stores();
  const named = [...new Set(ids)].filter((id) => !usual.some((kind) => kind.id === id));
  const others = await Promise.all(named.map((id) => context.vault.kind(id)));
  return [...usual.filter(({ id }) => all || ids.includes(id)), ...others];
}
