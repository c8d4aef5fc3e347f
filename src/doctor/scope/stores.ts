/** The stores that hold something here, each tried. */
import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { roundTrip } from '../../stores/roundtrip.ts';
import type { StoreKind, StoreState } from '../../stores/types.ts';

export interface StoreTrial {
  readonly kind: StoreKind;
  /** New secrets go to it. */
  readonly current: boolean;
  readonly secrets: number;
  readonly state: StoreState;
  /** What writing, reading back and deleting ended with; undefined where it went well, or where nothing can be written. */
  readonly error: UserError | undefined;
}

type Parts = Pick<Context, 'vault'>;

/** The current one first. Throws `usage` where no such store exists. */
export async function tryStores({ vault }: Parts): Promise<readonly StoreTrial[]> {
  const current = await vault.currentStore();
  const held = await vault.index();
  const ids = [...new Set([current, ...held.map(({ store }) => store)])];
  return Promise.all(
    ids.map(async (id) => {
      const kind = await vault.kind(id);
      const ports = vault.ports(id);
      const secrets = kind.readOnly ? (await ports.index()).length : held.filter(({ store }) => store === id).length;
      const error = kind.readOnly ? undefined : await faultOf(() => roundTrip(kind.open(ports)));
      return { kind, current: id === current, secrets, state: await kind.inspect(ports), error };
    }),
  );
}

async function faultOf(work: () => Promise<void>): Promise<UserError | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}
