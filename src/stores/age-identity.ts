import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { createFile, readText } from '../system/files.ts';
import { generationOf } from '../system/generation.ts';
import { holdsSecrets } from './age-files.ts';
import type { StorePorts } from './types.ts';

export interface Identity {
  /** `AGE-SECRET-KEY-…`, one or several. */
  readonly keys: readonly [string, ...string[]];
  /** For messages: the file, or the variable. */
  readonly source: string;
}

const VARIABLE = 'MCPKEY_AGE_IDENTITY';
const KEY = /^AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]+$/i;

export function identityPath({ configDir }: Pick<StorePorts, 'configDir'>): string {
  return join(configDir, 'age-identity');
}

/** `MCPKEY_AGE_IDENTITY`, a path or the identity itself; else the file that `store use age` made. Throws `store_unavailable`. */
export async function readIdentity(ports: StorePorts): Promise<Identity> {
  const given = ports.env[VARIABLE]?.trim();
  if (given?.toUpperCase().startsWith('AGE-SECRET-KEY-')) return parseIdentity(given, VARIABLE);
  const path = given || identityPath(ports);
  const kept = await fileIdentity(path);
  if (kept) return kept;
  throw new UserError('store_unavailable', `There is no age identity: ${path} does not exist.`, {
    hint: given
      ? `Set ${VARIABLE} to the path of an identity, or to the identity itself.`
      : (await holdsSecrets(ports))
        ? putBack(path)
        : 'mcpkey store use age',
  });
}

/** As each file was last read: a rotation of many keys asks for it at every secret. */
const read = new Map<string, { readonly generation: string; readonly identity: Identity }>();

async function fileIdentity(path: string): Promise<Identity | undefined> {
  const generation = generationOf(path);
  const known = read.get(path);
  if (known && known.generation === generation) return known.identity;
  const text = await readText(path);
  if (text === undefined) return undefined;
  const identity = parseIdentity(text, path);
  read.set(path, { generation, identity });
  return identity;
}

/** Another one would open nothing of what is kept. */
const putBack = (path: string): string =>
  `Put the identity that the secrets were encrypted for back to ${path}, or set ${VARIABLE} to it.`;

/** A file as age-keygen writes it: one identity a line, empty lines and comments. */
function parseIdentity(text: string, source: string): Identity {
  if (/^(?:age-encryption\.org|-----BEGIN AGE)/.test(text)) {
    throw new UserError('store_locked', `The age identity in ${source} is protected with a passphrase.`, {
      hint: `Decrypt it (age -d) and hand it over in ${VARIABLE}.`,
    });
  }
  const lines = text.split(/\s*\n\s*/).map((line) => line.trim());
  const [first, ...more] = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (first !== undefined && [first, ...more].every((line) => KEY.test(line)))
    return { keys: [first, ...more], source };
  throw new UserError('store_unavailable', `${source} holds no age identity (AGE-SECRET-KEY-1…).`, {
    hint: `age-keygen makes one; or take ${VARIABLE} away and run: mcpkey store use age`,
  });
}

/**
 * Makes an identity where there is none; X25519, which every version of `age` reads. Throws `conflict` where secrets are
 * kept already, none of which a new one would open.
 */
export async function ensureIdentity(ports: StorePorts): Promise<void> {
  if (ports.env[VARIABLE]) return;
  const path = identityPath(ports);
  if ((await readText(path)) !== undefined) return;
  if (await holdsSecrets(ports)) {
    throw new UserError('conflict', `Secrets are kept that a new age identity does not open, and ${path} is gone.`, {
      hint: putBack(path),
    });
  }
  const { generateX25519Identity, identityToRecipient } = await import('age-encryption');
  const identity = await generateX25519Identity();
  const comment = `# public key: ${await identityToRecipient(identity)}`;
  await createFile(path, `${comment}\n${identity}\n`);
}

/** By the identity's line: each takes an elliptic-curve multiplication. */
const recipientsOf = new Map<string, string>();

/** Public keys that belong to an identity. */
export async function ownRecipients({ keys, source }: Identity): Promise<readonly string[]> {
  try {
    return await Promise.all(keys.map(recipientOf));
  } catch {
    // The library's words may hold a part of the identity.
    throw new UserError('store_unavailable', `The age identity in ${source} is damaged.`, {
      hint: 'Take it from your backup again.',
    });
  }
}

async function recipientOf(key: string): Promise<string> {
  const { identityToRecipient } = await import('age-encryption');
  const recipient = recipientsOf.get(key) ?? (await identityToRecipient(key));
  recipientsOf.set(key, recipient);
  return recipient;
}
