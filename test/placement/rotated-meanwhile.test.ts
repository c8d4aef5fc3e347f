import { beforeEach, describe, expect, it } from 'vitest';
import type { Context } from '../../src/context.ts';
import { resolveCredential } from '../../src/keys/credential.ts';
import type { Ledger } from '../../src/ledger.ts';
import { placeCredential } from '../../src/placement/place.ts';
import { secret } from '../../src/secret.ts';
import { createPlacingMachine, type PlacingMachine } from './machine.ts';

let machine: PlacingMachine;
beforeEach(async () => {
  machine = await createPlacingMachine();
});

describe('a key that is rotated meanwhile', () => {
  /** Has another secret as the current one right before the ledger is told of the placement. */
  async function rotating(): Promise<{ context: Context; fresh: string }> {
    const context = await machine.fresh();
    const fresh = ['sk', 'rotated', 'meanwhile', '0123456789'].join('-');
    let isDone = false;
    const update: Ledger['update'] = async (profile, name, change) => {
      if (!isDone) {
        isDone = true;
        const record = await context.vault.keep(profile, secret(fresh));
        await context.ledger.update(profile, name, (before) => ({ ...before, id: 'id-new', secret: record }));
      }
      return context.ledger.update(profile, name, change);
    };
    return { context: Object.create(context, { ledger: { value: { ...context.ledger, update } } }), fresh };
  }

  it('stands in the file as it is now, and not as the rotation found nothing to renew', async () => {
    const { value } = await machine.key({ name: 'stock' });
    const { context, fresh } = await rotating();
    const credential = await resolveCredential(context, 'stock/ci');
    await placeCredential(context, credential, ['cursor'], { mode: 'plain' });
    const text = await machine.home.read('.cursor/mcp.json');
    expect(text).toContain(fresh);
    expect(text).not.toContain(value);
  });

  it('is handed to a hook as it is now', async () => {
    await machine.key({ name: 'stock' });
    const { context, fresh } = await rotating();
    const credential = await resolveCredential(context, 'stock/ci');
    await placeCredential(context, credential, ['hook'], { hook: 'cat > got; echo "$MCPKEY_NEW_ID" > id' });
    expect(await machine.home.read('got')).toBe(fresh);
    expect(await machine.home.read('id')).toBe('id-new\n');
  });
});
