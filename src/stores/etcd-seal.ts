/**
 * What goes to etcd is encrypted with age before it leaves this machine, together with the name that it goes by. Where
 * all machines have one identity, it is signed with it as well: recipients are no secret, and anyone can encrypt for them.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { UserError } from '../errors.ts';
import { chooseRecipients, decryptWith, encryptFor } from './age-box.ts';
import { type Identity, ownRecipients, readIdentity } from './age-identity.ts';
import type { StorePorts } from './types.ts';

const RECIPIENTS = 'MCPKEY_AGE_RECIPIENTS';

interface Sealed {
  /** With its name, so that nobody who writes to etcd can pass one thing off as another. */
  readonly id: string;
  readonly value: string;
  /** Base64; absent where it is for several identities. */
  readonly signature?: string;
}

export async function seal(ports: StorePorts, id: string, value: string): Promise<Uint8Array> {
  const identity = await readIdentity(ports);
  const recipients = await recipientsOf(ports, identity);
  const alone = await isAlone(identity, recipients);
  const sealed: Sealed = { id, value, ...(alone ? { signature: sign(identity.keys[0], id, value) } : {}) };
  return encryptFor(recipients, JSON.stringify(sealed), RECIPIENTS);
}

/** Throws `store_locked` where it is for others, `store_unavailable` where none of us wrote it. */
export async function unseal(ports: StorePorts, id: string, bytes: Uint8Array): Promise<string> {
  const identity = await readIdentity(ports);
  const sealed = parse(await decryptWith(identity, bytes, { what: `what etcd holds as ${id}` }));
  if (sealed?.id === id && (await isOurs(ports, identity, sealed))) return sealed.value;
  throw new UserError('store_unavailable', `What etcd holds as ${id} was not written there by mcpkey.`, {
    hint: 'Someone else may have written to it. Make the key anew: mcpkey rotate KEY',
  });
}

const recipientsOf = (ports: StorePorts, identity: Identity): Promise<readonly string[]> =>
  chooseRecipients(identity, ports.env[RECIPIENTS] ?? '', RECIPIENTS);

/** True where nobody but this identity is to read it, so that every machine has it. */
async function isAlone(identity: Identity, recipients: readonly string[]): Promise<boolean> {
  const own = await ownRecipients(identity);
  return recipients.every((recipient) => own.includes(recipient));
}

async function isOurs(ports: StorePorts, identity: Identity, { id, value, signature }: Sealed): Promise<boolean> {
  if (!(await isAlone(identity, await recipientsOf(ports, identity)))) return true;
  return identity.keys.some((key) => isSame(sign(key, id, value), signature ?? ''));
}

function sign(key: string, id: string, value: string): string {
  return createHmac('sha256', `mcpkey ${key.trim().toUpperCase()}`)
    .update(JSON.stringify([id, value]))
    .digest('base64');
}

const isSame = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));

function parse(text: string): Sealed | undefined {
  try {
    const fields: unknown = JSON.parse(text);
    if (typeof fields !== 'object' || fields === null || !('id' in fields) || !('value' in fields)) return undefined;
    const { id, value } = fields;
    if (typeof id !== 'string' || typeof value !== 'string') return undefined;
    const signature = 'signature' in fields ? fields.signature : undefined;
    return { id, value, ...(typeof signature === 'string' ? { signature } : {}) };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
