import { defineCommand } from '../command.ts';
import { resolveCredential } from '../keys/credential.ts';
import { createDenials } from '../proxy/denials.ts';
import { serveProxy } from '../proxy/serve.ts';

export const command = defineCommand({
  summary: 'A stdio MCP server that forwards to the service with the key from the secret store',
  details:
    'MCP clients start it; `mcpkey place KEY CLIENT` writes the entry. A key that was rotated is used from the next request on. It ends with stdin.',
  arguments: [
    {
      name: 'KEY',
      summary: 'PROFILE/NAME, NAME, PROFILE, PROFILE/@login or @PROJECT/SERVER',
      required: true,
      completes: 'key',
    },
  ],
  examples: [
    { run: 'mcpkey proxy stock/ci', does: 'serves the MCP endpoint of "stock" with the key "ci"' },
    { run: 'mcpkey proxy money/@login', does: "uses the login's own token, renewed when it ends" },
    { run: 'mcpkey proxy @shop/stock', does: 'uses the key that this machine has for a project’s server' },
  ],
  hot: true,
  ownTerminal: true,
  async run(context, { args: [ref = ''] }) {
    const credential = await resolveCredential(context, ref);
    // stdout is the protocol's alone; what a person should know goes to stderr, which clients keep as a log.
    const log = (text: string): void => context.io.say(`mcpkey proxy ${credential.ref}: ${text}`);
    await serveProxy(credential, {
      context,
      stdin: process.stdin,
      stdout: process.stdout,
      log,
      denials: createDenials(context, credential),
      async endsAt() {
        const { record } = credential;
        const now = record && (await context.ledger.key(record.profile, record.name));
        return now?.expiresAt ?? null;
      },
    });
    return 0;
  },
});
