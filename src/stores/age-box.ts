/** Texts encrypted with age, for files and for stores on the network. */
import { UserError } from '../errors.ts';
import { type Identity, ownRecipients } from './age-identity.ts';
import { openNatively, sealNatively } from './age-native.ts';

/** Recipients that a text lists: one a word; a `#` hides the rest of its line. */
export function listedRecipients(text: string): readonly string[] {
  return text
    .replace(/#.*$/gm, '')
    .split(/[\s,]+/)
    .filter((word) => word !== '');
}

/** Those that `listed` names in `source`, else whoever holds the identity. Throws where that is not among them. */
export async function chooseRecipients(
  identity: Identity,
  listed: string,
  source: string,
): Promise<readonly [string, ...string[]]> {
  const own = await ownRecipients(identity);
  const [first, ...more] = listedRecipients(listed);
  const [mine = ''] = own;
  if (first === undefined) return [mine, ...own.slice(1)];
  if (own.some((recipient) => recipient === first || more.includes(recipient))) return [first, ...more];
  throw new UserError('store_unavailable', `${source} does not name your own recipient ${mine}.`, {
    hint: `Add it there (someone who can read the secrets must encrypt them anew for you), or set MCPKEY_AGE_IDENTITY.`,
  });
}

/** `source` names where the recipients come from, for a message. */
export async function encryptFor(recipients: readonly string[], value: string, source: string): Promise<Uint8Array> {
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch (cause) {
      throw new UserError('store_unavailable', `"${recipient}" is no age recipient that mcpkey knows (age1…).`, {
        hint: `Mend ${source}.`,
        cause,
      });
    }
  }
  return sealNatively(recipients, value) ?? encrypter.encrypt(value);
}

/** `what` names the encrypted thing, for a message, and `check` what to look at it with. */
export async function decryptWith(
  identity: Identity,
  bytes: Uint8Array,
  { what, check }: { what: string; check?: string },
): Promise<string> {
  const opened = openNatively(identity.keys, bytes);
  if (opened !== undefined) return opened;
  const { armor, Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  try {
    for (const key of identity.keys) decrypter.addIdentity(key);
    const text = Buffer.from(bytes).toString('latin1');
    return await decrypter.decrypt(text.startsWith('-----BEGIN AGE') ? armor.decode(text) : bytes, 'text');
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('no identity matched')) {
      throw new UserError('store_locked', `The age identity in ${identity.source} does not open ${what}.`, {
        hint: 'Set MCPKEY_AGE_IDENTITY to the identity that it was encrypted for.',
      });
    }
    throw new UserError('store_unavailable', `${what} is damaged, or ${identity.source} is no age identity.`, {
      hint: check && `Check both with: ${check}`,
    });
  }
}
