/** What the MCP endpoint says to each key: the probe, once a key, one attempt. */
import type { Connection, Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { type Credential, keyCredential, loginCredential } from '../../keys/credential.ts';
import { resolveRef } from '../../keys/refs.ts';
import type { Profile } from '../../profiles.ts';
import type { Provider } from '../../providers/types.ts';
import { type ProbeResult, probe } from '../../proxy/probe.ts';
import { probeLocal } from '../../proxy/probe-local.ts';
import { LOGIN } from '../../vault/shelf.ts';

export type ProbeAnswer =
  | { readonly result: ProbeResult; readonly credential: Credential }
  /** Why it was not asked: no secret, no store, no endpoint that takes this. */
  | { readonly unasked: UserError };

interface Parts {
  readonly context: Context;
  usable(profile: string, record: string): Promise<void>;
  connection(profile: Profile): Promise<Connection>;
}

export async function askEndpoint(parts: Parts, ref: string): Promise<ProbeAnswer> {
  try {
    const credential = await credentialOf(parts, ref);
    const { record, profile } = credential;
    await parts.usable(profile.name, record?.secret ?? LOGIN);
    return { credential, result: await probeOnce(parts.context, credential) };
  } catch (error) {
    if (error instanceof UserError) return { unasked: error };
    throw error;
  }
}

async function credentialOf({ context, connection }: Parts, ref: string): Promise<Credential> {
  const found = await resolveRef(context, ref);
  if (found.kind === 'unknown') throw new UserError('not_found', `There is no key ${ref} here.`);
  const { provider } = await connection(found.profile);
  return found.kind === 'login'
    ? loginCredential(context, found.profile, provider)
    : keyCredential(context, found, provider);
}

async function probeOnce(context: Context, credential: Credential): Promise<ProbeResult> {
  const { provider, access, kind } = credential;
  const { command, variable } = provider.settings;
  const value = await credential.read();
  if (command && variable) return probeLocal({ command, variable }, value, context);
  if (!access) {
    throw new UserError('unsupported', `${provider.title} has no MCP endpoint that takes this credential.`);
  }
  const diagnoseMcp: Provider['diagnoseMcp'] = (answer) => provider.diagnoseMcp(answer, kind);
  return probe(access, value, { context, provider: { ...provider, diagnoseMcp }, attempts: 1 });
}
