/**
 * Opens what age wrote for X25519 recipients (https://c2sp.org/age) with Node's own crypto: `get`, `headers` and `proxy`
 * have their key 30 ms sooner, which the library takes to load and to warm up. It opens or it does not: armor, other
 * kinds of recipients, more than one chunk and every fault are undefined, and the library's to open or to refuse.
 */
import {
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto';

const HEADER =
  /^(age-encryption\.org\/v1\n(?:-> [\x21-\x7e ]+\n(?:[A-Za-z0-9+/]{64}\n)*[A-Za-z0-9+/]{0,63}\n)+---) ([A-Za-z0-9+/]{43})\n/;
const STANZA = /^-> X25519 ([A-Za-z0-9+/]{43})\n([A-Za-z0-9+/]{43})\n/gm;
/** Bech32 (BIP 173): 52 characters are the key, 6 a checksum. Where that is wrong, the key opens nothing. */
const ALPHABET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const IDENTITY = new RegExp(`^age-secret-key-1([${ALPHABET}]{52})[${ALPHABET}]{6}$`, 'i');
/** RFC 8410: what stands before the 32 bytes of an X25519 key in PKCS #8 and in SPKI. */
const PRIVATE = Buffer.from('302e020100300506032b656e04220420', 'hex');
const PUBLIC = Buffer.from('302a300506032b656e032100', 'hex');
const TAG = 16;
const NONCE = 16;
const CHUNK = 64 * 1024;
const FIRST_NONCE = Buffer.alloc(12);
/** The first chunk is the last one too: the counter is 0, the flag in the last byte is set. */
const ONLY_NONCE = Buffer.concat([Buffer.alloc(11), Buffer.from([1])]);

/** The text, or undefined. `identities` are `AGE-SECRET-KEY-…`. */
export function openNatively(identities: readonly string[], sealed: Uint8Array): string | undefined {
  const file = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  const [whole, signed, mac] = HEADER.exec(file.toString('latin1')) ?? [];
  if (whole === undefined || signed === undefined || mac === undefined) return undefined;
  const body = file.subarray(whole.length);
  if (body.length < NONCE + TAG || body.length > NONCE + CHUNK + TAG) return undefined;
  const fileKey = findFileKey(identities, whole);
  if (fileKey === undefined) return undefined;
  const expected = createHmac('sha256', derive(fileKey, Buffer.alloc(0), 'header'))
    .update(signed)
    .digest();
  // As text, since the last letter of base64 can be written in four ways, of which age takes one.
  if (!timingSafeEqual(Buffer.from(expected.toString('base64').slice(0, mac.length)), Buffer.from(mac)))
    return undefined;
  const key = derive(fileKey, body.subarray(0, NONCE), 'payload');
  return open(key, ONLY_NONCE, body.subarray(NONCE))?.toString('utf8');
}

function findFileKey(identities: readonly string[], header: string): Buffer | undefined {
  for (const identity of identities) {
    const pair = keyPair(identity);
    if (pair === undefined) continue;
    for (const [, share = '', wrapped = ''] of header.matchAll(STANZA)) {
      const found = unwrap(pair, Buffer.from(share, 'base64'), Buffer.from(wrapped, 'base64'));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function unwrap({ own, recipient }: Pair, share: Buffer, wrapped: Buffer): Buffer | undefined {
  const theirs = createPublicKey({ key: Buffer.concat([PUBLIC, share]), format: 'der', type: 'spki' });
  const shared = accepted(() => diffieHellman({ privateKey: own, publicKey: theirs }));
  if (shared === undefined) return undefined;
  const key = derive(shared, Buffer.concat([share, recipient]), 'age-encryption.org/v1/X25519');
  return open(key, FIRST_NONCE, wrapped);
}

interface Pair {
  readonly own: KeyObject;
  readonly recipient: Buffer;
}

/** To make one of an identity takes longer than to open a file with it. */
const pairs = new Map<string, Pair | undefined>();

function keyPair(identity: string): Pair | undefined {
  if (!pairs.has(identity)) pairs.set(identity, readPair(identity));
  return pairs.get(identity);
}

function readPair(identity: string): Pair | undefined {
  const data = IDENTITY.exec(identity)?.[1]?.toLowerCase();
  if (data === undefined) return undefined;
  const bits = [...data].reduce((sum, letter) => (sum << 5n) | BigInt(ALPHABET.indexOf(letter)), 0n);
  // 260 bits carry 256.
  const bytes = Buffer.from((bits >> 4n).toString(16).padStart(64, '0'), 'hex');
  const own = createPrivateKey({ key: Buffer.concat([PRIVATE, bytes]), format: 'der', type: 'pkcs8' });
  const recipient = createPublicKey(own).export({ format: 'der', type: 'spki' }).subarray(PUBLIC.length);
  return { own, recipient };
}

function derive(key: Buffer, salt: Buffer, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, salt, info, 32));
}

function open(key: Buffer, nonce: Buffer, sealed: Buffer): Buffer | undefined {
  const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG });
  decipher.setAuthTag(sealed.subarray(-TAG));
  const text = decipher.update(sealed.subarray(0, -TAG));
  return accepted(() => Buffer.concat([text, decipher.final()]));
}

/** OpenSSL throws where a tag does not fit (another's stanza) and where a share is worth nothing: neither opens. */
function accepted(work: () => Buffer): Buffer | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
