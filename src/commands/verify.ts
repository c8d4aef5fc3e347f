import { defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { errorDocument } from '../errors.ts';
import { isRefused, probeCredential, probeValue } from '../keys/check.ts';
import { type Credential, resolveCredential } from '../keys/credential.ts';
import type { ProbeResult } from '../proxy/probe.ts';

export const command = defineCommand({
  summary: 'One real check of a key: who answers, with which tools, and the cause when it fails',
  details: 'Calls initialize and tools/list at the MCP endpoint with the key. A local server is started for it.',
  arguments: [
    {
      name: 'KEY',
      summary: 'PROFILE/NAME, NAME, PROFILE, PROFILE/@login or @PROJECT/SERVER',
      required: true,
      completes: 'key',
    },
  ],
  examples: [
    { run: 'mcpkey verify stock/ci', does: 'says who answers and which tools there are' },
    { run: 'mcpkey verify money/@login --json', does: "checks the login's own token" },
  ],
  async run(context, { args: [ref = ''] }) {
    const credential = await resolveCredential(context, ref);
    const result = await check(context, credential);
    if (context.io.json) {
      context.io.document(document(result));
      return result.error?.exitCode ?? 0;
    }
    if (result.error) throw result.error;
    print(context, credential, result);
    return 0;
  },
});

/** A login's token that is refused is renewed once: it may have been revoked before its time. */
async function check(context: Context, credential: Credential): Promise<ProbeResult> {
  const result = await probeCredential(context, credential);
  if (credential.kind !== 'login' || !isRefused(result)) return result;
  return probeValue(context, credential, await credential.reread(), { kind: 'login' });
}

function document({ error, ...result }: ProbeResult) {
  return { ...result, ...(error && { error: errorDocument(error) }) };
}

function print({ io }: Context, credential: Credential, result: ProbeResult): void {
  const { server, protocolVersion, tools, durationMs } = result;
  io.out(`${io.color('green', '✓')} ${io.bold(credential.ref)} is accepted by ${credential.provider.title}`);
  if (server) io.out(`  server    ${server.name} ${server.version}`.trimEnd());
  if (protocolVersion) io.out(`  protocol  ${protocolVersion}`);
  io.out(`  tools     ${tools.length}${tools.length > 0 ? `: ${tools.join(', ')}` : ''}`);
  io.out(`  time      ${durationMs} ms`);
}
