import { resolve } from 'node:path';
import { defineCommand, value } from '../../command.ts';
import { chooseStore } from '../../vault/choose.ts';
import { settleRecords } from '../../vault/migrate.ts';
import { storeRows } from '../../vault/status.ts';
import { showStores } from '../../views/stores.ts';

export const command = defineCommand({
  summary: 'Choose the store for new secrets',
  details:
    'What is kept already stays where it is: "store migrate" moves it. For age and etcd an identity is made (readable by you alone), unless MCPKEY_AGE_IDENTITY names one.',
  arguments: [
    { name: 'STORE', summary: 'keychain, age, etcd, vault, helper:NAME or env', required: true, completes: 'store' },
  ],
  options: { dir: value('DIR', 'for age: the folder of the encrypted files, to share it', { completes: 'file' }) },
  examples: [
    { run: 'mcpkey store use age', does: 'encrypted files, for machines without a keychain' },
    { run: 'mcpkey store use age --dir ~/team/keys', does: 'in a folder that a team shares' },
    { run: 'mcpkey store use helper:pass', does: 'what docker-credential-pass keeps: the password store' },
    { run: 'mcpkey store use keychain', does: "the system's keychain, the default" },
  ],
  async run(context, { args, options }) {
    const [id = ''] = args;
    const dir = options.dir === undefined ? undefined : resolve(context.cwd, options.dir);
    await chooseStore(context, id, dir);
    await settleRecords(context, id);
    await context.ledger.record({ command: 'store use' });
    const rows = await storeRows(context, [id]);
    showStores(context.io, rows);
    if (!rows.some((row) => row.current)) {
      context.io.warn(`Here --store or MCPKEY_STORE still chooses "${await context.vault.currentStore()}".`);
    }
    return undefined;
  },
});
