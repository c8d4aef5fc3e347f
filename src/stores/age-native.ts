/**
 * Opens and writes age files for X25519 recipients (https://c2sp.org/age) with Node's own crypto: `get`, `headers` and
 * `proxy` have their key 30 ms sooner, which the library takes to load and to warm up, and a thousand keys are sealed in
 * an eighth of the time. It does it or it does not: armor, other kinds of recipients, more than one chunk and every fault
 * are undefined, and the library's to do or to refuse.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';

const HEADER =
  /^(age-encryption\.org\/v1\n(?:-> [\x21-\x7e ]+\n(?:[A-Za-z0-9+/]{64}\n)*[A-Za-z0-9+/]{0,63}\n)+---) ([A-Za-z0-9+/]{43})\n/;
const STANZA = /^-> X25519 ([A-Za-z0-9+/]{43})\n([A-Za-z0-9+/]{43})\n/gm;
/** Bech32 (BIP 173): 52 characters are the key, 6 a checksum. Where that is wrong, the key opens nothing. */
const ALPHABET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const IDENTITY = new RegExp(`^age-secret-key-1([${ALPHABET}]{52})[${ALPHABET}]{6}$`, 'i');
const RECIPIENT = new RegExp(`^age1([${ALPHABET}]{52})[${ALPHABET}]{6}$`);
const VERSION = 'age-encryption.org/v1';
const WRAP = `${VERSION}/X25519`;
/** RFC 8410: what stands before the 32 bytes of an X25519 key in PKCS #8. */
const PRIVATE = Buffer.from('302e020100300506032b656e04220420', 'hex');
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

/**
 * The age file of `text` for all of `recipients` (`age1…`), or undefined. Their checksums are not looked at here: a
 * mistyped recipient must have been refused before.
 */
export function sealNatively(recipients: readonly string[], text: string): Uint8Array | undefined {
  const data = Buffer.from(text);
  const raw = recipients.map((recipient) => dataOf(RECIPIENT, recipient));
  if (data.length > CHUNK || !raw.every((each) => each !== undefined)) return undefined;
  const fileKey = randomBytes(16);
  const stanzas = raw.map((recipient) => wrapped(fileKey, recipient));
  if (!stanzas.every((stanza) => stanza !== undefined)) return undefined;
  const header = [VERSION, ...stanzas, '---'].join('\n');
  const mac = createHmac('sha256', derive(fileKey, Buffer.alloc(0), 'header'))
    .update(header)
    .digest();
  const nonce = randomBytes(NONCE);
  const body = close(derive(fileKey, nonce, 'payload'), ONLY_NONCE, data);
  return Buffer.concat([Buffer.from(`${header} ${unpadded(mac)}\n`), nonce, body]);
}

/** A recipient's stanza; undefined where its point is worth nothing. */
function wrapped(fileKey: Buffer, recipient: Buffer): string | undefined {
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  const share = rawPublic(publicKey);
  const shared = accepted(() => diffieHellman({ privateKey, publicKey: asPublic(recipient) }));
  if (shared === undefined) return undefined;
  const key = derive(shared, Buffer.concat([share, recipient]), WRAP);
  return `-> X25519 ${unpadded(share)}\n${unpadded(close(key, FIRST_NONCE, fileKey))}`;
}

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

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
  const shared = accepted(() => diffieHellman({ privateKey: own, publicKey: asPublic(share) }));
  if (shared === undefined) return undefined;
  const key = derive(shared, Buffer.concat([share, recipient]), WRAP);
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
  const bytes = dataOf(IDENTITY, identity);
  if (bytes === undefined) return undefined;
  const own = createPrivateKey({ key: Buffer.concat([PRIVATE, bytes]), format: 'der', type: 'pkcs8' });
  return { own, recipient: rawPublic(createPublicKey(own)) };
}

/** The 32 bytes that a Bech32 text carries. */
function dataOf(form: RegExp, text: string): Buffer | undefined {
  const data = form.exec(text)?.[1]?.toLowerCase();
  if (data === undefined) return undefined;
  const bits = [...data].reduce((sum, letter) => (sum << 5n) | BigInt(ALPHABET.indexOf(letter)), 0n);
  // 260 bits carry 256.
  return Buffer.from((bits >> 4n).toString(16).padStart(64, '0'), 'hex');
}

/** As JWK (RFC 8037), which Node takes in and gives out in a tenth of the time of DER. */
const rawPublic = (key: KeyObject): Buffer => Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
const asPublic = (raw: Buffer): KeyObject =>
  createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: raw.toString('base64url') }, format: 'jwk' });

function derive(key: Buffer, salt: Buffer, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, salt, info, 32));
}

function open(key: Buffer, nonce: Buffer, sealed: Buffer): Buffer | undefined {
  const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG });
  decipher.setAuthTag(sealed.subarray(-TAG));
  const text = decipher.update(sealed.subarray(0, -TAG));
  return accepted(() => Buffer.concat([text, decipher.final()]));
}

function close(key: Buffer, nonce: Buffer, data: Buffer): Buffer {
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG });
  return Buffer.concat([cipher.update(data), cipher.final(), cipher.getAuthTag()]);
}

/** OpenSSL throws where a tag does not fit (another's stanza) and where a share is worth nothing: neither opens. */
function accepted(work: () => Buffer): Buffer | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
