/** What goes to etcd is encrypted with age before it leaves this machine, together with the name that it goes by. */
import { UserError } from '../errors.ts';
import { chooseRecipients, decryptWith, encryptFor } from './age-box.ts';
import { readIdentity } from './age-identity.ts';
import type { StorePorts } from './types.ts';

const RECIPIENTS = 'MCPKEY_AGE_RECIPIENTS';

/** With its name, so that nobody who writes to etcd can pass one thing off as another. */
export async function seal(ports: StorePorts, id: string, value: string): Promise<Uint8Array> {
  const recipients = await chooseRecipients(await readIdentity(ports), ports.env[RECIPIENTS] ?? '', RECIPIENTS);
  return encryptFor(recipients, JSON.stringify({ id, value }), RECIPIENTS);
}

export async function unseal(ports: StorePorts, id: string, bytes: Uint8Array): Promise<string> {
  const text = await decryptWith(await readIdentity(ports), bytes, { what: `what etcd holds as ${id}` });
  const sealed: unknown = parse(text);
  if (typeof sealed === 'object' && sealed !== null && 'id' in sealed && 'value' in sealed) {
    if (sealed.id === id && typeof sealed.value === 'string') return sealed.value;
  }
  throw new UserError('store_unavailable', `What etcd holds as ${id} was not written there by mcpkey.`, {
    hint: 'Someone else may have written to it. Make the key anew: mcpkey rotate KEY',
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
