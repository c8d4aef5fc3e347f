import { defineCommand, value } from '../../command.ts';
import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { type Migration, migrateSecrets, settleRecords } from '../../vault/migrate.ts';
import { storeRows } from '../../vault/status.ts';
import { showStores } from '../../views/stores.ts';

export const command = defineCommand({
  summary: 'Move all secrets to another store',
  details: 'Each is copied, read back, and then deleted where it was. What is cut off is ended by a repeat.',
  options: { to: value('STORE', 'the store to move to', { completes: 'store' }) },
  examples: [
    { run: 'mcpkey store migrate --to age', does: 'from the keychain into encrypted files' },
    { run: 'mcpkey store use age && mcpkey store migrate --to age', does: 'new secrets go there as well' },
  ],
  async run(context, { options }) {
    const { to } = options;
    if (to === undefined) {
      throw new UserError('usage', 'Say which store to move to.', { hint: 'mcpkey store migrate --to age' });
    }
    const migration = await migrateSecrets(context, to, (done, all) => context.io.debug(`${done} of ${all}`));
    await settleRecords(context, to);
    if (migration.moved > 0 || migration.failed.length > 0) {
      const outcome = migration.failed.length === 0 ? 'done' : migration.moved > 0 ? 'partial' : 'failed';
      await context.ledger.record({ command: 'store migrate', outcome });
    }
    showStores(context.io, await storeRows(context, [to, ...migration.from]));
    await report(context, to, migration);
    return undefined;
  },
});

/** Throws the one error that all failed with, or `partial`. */
async function report(context: Context, to: string, { moved, failed }: Migration): Promise<void> {
  context.io.note(`${moved} secret${moved === 1 ? '' : 's'} moved to "${to}".`);
  if ((await context.vault.currentStore()) !== to) {
    context.io.note(`New secrets still go to "${await context.vault.currentStore()}". Next: mcpkey store use ${to}`);
  }
  const [first] = failed;
  if (!first) return;
  if (moved === 0 && failed.every(({ error }) => error.code === first.error.code)) throw first.error;
  for (const { profile, error } of failed) context.io.warn(`${profile}: ${error.message}`);
  throw new UserError('partial', `${failed.length} of ${failed.length + moved} secrets could not be moved.`, {
    hint: `Nothing is lost. Mend the cause and run again: mcpkey store migrate --to ${to}`,
  });
}
