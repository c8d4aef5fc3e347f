/** Whether the MCP endpoint takes a key, or refuses it in words that are understood. */
import { UserError } from '../errors.ts';
import { probe } from '../proxy/probe.ts';
import type { Secret } from '../secret.ts';
import type { Seen } from './steps.ts';
import type { Run } from './trial-run.ts';

export async function seeAccepted(run: Run, credential: Secret): Promise<Seen<undefined>> {
  const result = await probeWith(run, credential);
  if (result === undefined) return { value: undefined, seen: 'no MCP endpoint', skipped: true };
  if (result.error) throw result.error;
  return { value: undefined, seen: `${result.server?.name ?? 'a server'}, ${result.tools.length} tools` };
}

async function probeWith({ context, provider }: Run, credential: Secret | undefined) {
  const access = provider.mcp('key');
  return access && probe(access, credential, { context, provider, attempts: 1 });
}

/** Undefined: without any key. */
export async function seeRefused(run: Run, credential: Secret | undefined): Promise<Seen<undefined>> {
  const result = await probeWith(run, credential);
  if (result === undefined) return { value: undefined, seen: 'no MCP endpoint', skipped: true };
  if (result.ok) throw new UserError('bad_response', 'the MCP endpoint accepts it');
  const { code = 'internal', message = '' } = result.error ?? {};
  if (code !== 'invalid_api_key' && code !== 'api_key_required' && code !== 'invalid_token') {
    throw new UserError('bad_response', `it is told as ${code}, not as a refused key: ${message}`);
  }
  return { value: undefined, seen: code };
}
