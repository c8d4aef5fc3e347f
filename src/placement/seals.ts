/**
 * The bytes that files had before and after a change, kept for `undo`: age-encrypted to a recipient in mcpkey's config
 * folder, whose identity lies in the secret store and is read by `undo` (and after a crash) alone.
 */
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { secret } from '../secret.ts';
import { readText, writeAtomic } from '../system/files.ts';
import { brokenFile } from '../system/json.ts';

type Parts = Pick<Context, 'paths' | 'locks' | 'vault'>;

/** No profile's name begins with @. */
const OWNER = '@undo';
const FILE = 'undo-recipient';

interface SealKeys {
  readonly recipient: string;
  /** The identity's record in the vault. */
  readonly record: string;
}

/** Null: there was no file. */
export interface SealedBytes {
  readonly before: Buffer | null;
  readonly after: Buffer | null;
}

const pathOf = (context: Parts) => join(context.paths.config, FILE);

/** In the form of age's recipient files, so that `age -R` takes it too. */
async function readKeys(context: Parts): Promise<SealKeys | undefined> {
  const path = pathOf(context);
  const text = await readText(path);
  if (text === undefined) return undefined;
  const record = /^# identity: (\S+)$/m.exec(text)?.[1];
  const recipient = /^age1\S+$/m.exec(text)?.[0];
  if (record && recipient) return { record, recipient };
  throw brokenFile(path, 'not a recipient for undo');
}

/**
 * The recipient, made with its identity where there is none yet. Resolves to the store's error where a store is needed
 * and is not there: a change can be made without undo, but never with its bytes kept in clear.
 */
export async function sealRecipient(context: Parts): Promise<string | UserError> {
  const known = await readKeys(context);
  if (known) return known.recipient;
  try {
    return await context.locks.with('undo recipient', async (lock) => {
      const meanwhile = await readKeys(context);
      if (meanwhile) return meanwhile.recipient;
      const { generateX25519Identity, identityToRecipient } = await import('age-encryption');
      const identity = await generateX25519Identity();
      const recipient = await identityToRecipient(identity);
      const record = await context.vault.keep(OWNER, secret(identity));
      const text = `# identity: ${record}\n${recipient}\n`;
      await writeAtomic(pathOf(context), text, { beforeRename: () => lock.verify() });
      return recipient;
    });
  } catch (error) {
    if (error instanceof UserError && STORE_ERRORS.has(error.code)) return error;
    throw error;
  }
}

const STORE_ERRORS: ReadonlySet<string> = new Set(['store_unavailable', 'store_locked', 'unsupported', 'usage']);

export async function seal(recipient: string, { before, after }: SealedBytes): Promise<Uint8Array> {
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const encode = (bytes: Buffer | null) => bytes?.toString('base64') ?? null;
  return encrypter.encrypt(JSON.stringify({ before: encode(before), after: encode(after) }));
}

/** Throws `store_unavailable` or `store_locked`, also where the identity is gone. */
export async function createUnsealer(context: Parts): Promise<(sealed: Uint8Array) => Promise<SealedBytes>> {
  const keys = await readKeys(context);
  const identity = keys && (await context.vault.read(OWNER, keys.record));
  if (!identity) {
    throw new UserError(
      'store_unavailable',
      'The identity that opens the bytes kept for undo is not in the secret store.',
      {
        hint: 'mcpkey store status',
      },
    );
  }
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity.reveal());
  return async (sealed) => parseSealed(await decrypter.decrypt(sealed, 'text'));
}

function parseSealed(text: string): SealedBytes {
  const document: unknown = JSON.parse(text);
  if (typeof document !== 'object' || document === null || !('before' in document) || !('after' in document)) {
    throw new Error('bytes kept for undo have another shape');
  }
  return { before: decode(document.before), after: decode(document.after) };
}

const decode = (value: unknown): Buffer | null => (typeof value === 'string' ? Buffer.from(value, 'base64') : null);
