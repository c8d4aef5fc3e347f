import { resolve } from 'node:path';
import { defineCommand, flag, value } from '../../command.ts';
import type { Context } from '../../context.ts';
import { EXIT_CODES, UserError } from '../../errors.ts';
import { trialToken } from '../../plugins/credentials.ts';
import { type TrialRow, tryProvider } from '../../plugins/trial.ts';
import type { Profile } from '../../profiles.ts';
import type { ProviderEntry } from '../../providers/types.ts';

export const command = defineCommand({
  summary: 'Test a provider file against a service',
  details:
    'Makes one key and revokes it again, on a live or sandbox service: every operation that the file declares, each error that it tells apart, and that no secret comes out anywhere but in create. Credentials come from the environment (MCPKEY_TOKEN, or e-mail and password, or client id and secret).',
  arguments: [
    { name: 'FILE', summary: 'a manifest or module, or the id of a provider', required: true, completes: 'file' },
  ],
  options: {
    url: value('URL', 'the service'),
    mcpUrl: value('URL', 'its MCP endpoint'),
    org: value('ORG', 'organisation'),
    allowHttp: flag('allow plain http to another host'),
  },
  examples: [
    { run: 'MCPKEY_TOKEN=… mcpkey provider test acme.json --url https://sandbox.acme.example', does: 'with a token' },
    { run: 'mcpkey provider test stock-data --url http://127.0.0.1:8000', does: 'a built-in one' },
  ],
  async run(context, { args: [file = ''], options }) {
    const entry = await entryNamed(context, file);
    const { url, mcpUrl, org, allowHttp } = options;
    const profile: Profile = { name: entry.id, provider: entry.id, url, mcpUrl, org, allowHttp };
    const provider = entry.bind({ url, mcpUrl, org, allowHttp, sign: false });
    const token = await trialToken(context, profile, provider);
    const rows = await tryProvider(context, { provider, token, report: (row) => print(context, row) });
    if (context.io.json) context.io.document(rows);
    return verdict(rows);
  },
});

async function entryNamed(context: Context, named: string): Promise<ProviderEntry> {
  if (!/[./\\]/.test(named)) return context.provider(named);
  const { loadProvider } = await import('../../plugins/load.ts');
  const entry = await loadProvider(resolve(context.cwd, named));
  if (entry) return entry;
  throw new UserError('not_found', `There is no file ${resolve(context.cwd, named)}.`, {
    hint: 'mcpkey provider init',
  });
}

function print({ io }: Context, { check, state, seen }: TrialRow): void {
  if (io.json) return;
  const sign = state === 'ok' ? io.color('green', '✓') : state === 'failed' ? io.color('red', '✗') : io.dim('-');
  io.out(`${sign} ${check.padEnd(17)} ${seen}`);
}

function verdict(rows: readonly TrialRow[]): number {
  const failed = rows.filter((row) => row.state === 'failed').length;
  if (failed === 0) return 0;
  return failed === rows.length ? EXIT_CODES.bad_response : EXIT_CODES.partial;
}
