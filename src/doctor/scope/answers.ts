/** What the MCP endpoint says to each key: the probe, once a key, one attempt. */
import type { Connection, Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { probeCredential } from '../../keys/check.ts';
import { type Credential, keyCredential, loginCredential } from '../../keys/credential.ts';
import { resolveRef } from '../../keys/refs.ts';
import type { Profile } from '../../profiles.ts';
import type { ProbeResult } from '../../proxy/probe.ts';
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
    return { credential, result: await probeCredential(parts.context, credential, { attempts: 1 }) };
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
