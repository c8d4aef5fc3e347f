import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  armor,
  Decrypter,
  Encrypter,
  generateHybridIdentity,
  generateX25519Identity,
  identityToRecipient,
} from 'age-encryption';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { openNatively, sealNatively } from '../../src/stores/age-native.ts';
import { emptyFolder } from '../helpers/folder.ts';

let ann: string;
let bob: string;
beforeAll(async () => {
  [ann, bob] = await Promise.all([generateX25519Identity(), generateX25519Identity()]);
});

async function seal(text: string, ...identities: string[]): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  for (const identity of identities) encrypter.addRecipient(await identityToRecipient(identity));
  return encrypter.encrypt(text);
}

describe('openNatively', () => {
  it('opens what the library sealed, for whichever of the recipients', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 300 }), async (text) => {
        const sealed = await seal(text, bob, ann);
        expect([openNatively([ann], sealed), openNatively([bob], sealed)]).toEqual([text, text]);
      }),
      { numRuns: 25 },
    );
  });

  it('opens nothing for others, and looks through all identities', async () => {
    const sealed = await seal('made up', ann);
    expect(openNatively([bob], sealed)).toBeUndefined();
    expect(openNatively([], sealed)).toBeUndefined();
    expect(openNatively(['AGE-SECRET-KEY-1NONSENSE', bob, ann.toLowerCase()], sealed)).toBe('made up');
  });

  it('opens nothing that was changed or cut anywhere', async () => {
    const sealed = await seal('made up', ann);
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Uint8Array.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(openNatively([ann], changed), `changed at ${at}`).toBeUndefined();
      expect(openNatively([ann], sealed.subarray(0, at)), `cut at ${at}`).toBeUndefined();
    }
    expect(openNatively([ann], Buffer.concat([sealed, Buffer.alloc(1)]))).toBeUndefined();
  });

  it('takes as much as one chunk holds, and leaves the rest to the library', async () => {
    const chunk = 'x'.repeat(64 * 1024);
    expect(openNatively([ann], await seal(chunk, ann))).toBe(chunk);
    expect(openNatively([ann], await seal(`${chunk}x`, ann))).toBeUndefined();
    expect(openNatively([ann], await seal('', ann))).toBe('');
    expect(openNatively([ann], Buffer.from(armor.encode(await seal('made up', ann))))).toBeUndefined();
    const hybrid = await generateHybridIdentity();
    expect(openNatively([hybrid], await seal('made up', hybrid))).toBeUndefined();
    const locked = new Encrypter();
    locked.setPassphrase('made up');
    locked.setScryptWorkFactor(2);
    expect(openNatively([ann], await locked.encrypt('x'))).toBeUndefined();
  });

  it('opens nothing for a share that is worth nothing', async () => {
    const text = Buffer.from(await seal('made up', ann)).toString('latin1');
    const worthless = text.replace(/(?<=-> X25519 ).{43}/, 'A'.repeat(43));
    expect(openNatively([ann], Buffer.from(worthless, 'latin1'))).toBeUndefined();
  });

  it.runIf(process.env.CI || hasAge())('opens what age itself sealed', async () => {
    const recipient = await identityToRecipient(ann);
    const sealed = execFileSync('age', ['--encrypt', '--recipient', recipient], { input: 'from age' });
    expect(openNatively([ann], sealed)).toBe('from age');
  });
});

describe('sealNatively', () => {
  const forBoth = async (text: string) =>
    sealNatively([await identityToRecipient(ann), await identityToRecipient(bob)], text) ?? new Uint8Array();

  it('writes what the library opens, for each of the recipients and for nobody else', async () => {
    const eve = await generateX25519Identity();
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 300 }), async (text) => {
        const sealed = await forBoth(text);
        expect(await Promise.all([opened(ann, sealed), opened(bob, sealed)])).toEqual([text, text]);
        expect([openNatively([ann], sealed), openNatively([eve], sealed)]).toEqual([text, undefined]);
        await expect(opened(eve, sealed)).rejects.toThrow('no identity matched');
      }),
      { numRuns: 10 },
    );
  });

  it('writes no two files alike, and none with the text in it', async () => {
    const [one, other] = [await forBoth('made up text'), await forBoth('made up text')];
    const lines = (sealed: Uint8Array) => Buffer.from(sealed).toString('latin1').split('\n').slice(1);
    expect(lines(one).filter((line) => lines(other).includes(line))).toEqual([]);
    expect(Buffer.from(one).includes('made up text')).toBe(false);
  });

  it('takes as much as one chunk holds, and leaves other recipients to the library', async () => {
    const chunk = 'x'.repeat(64 * 1024);
    expect(await opened(bob, await forBoth(chunk))).toBe(chunk);
    const recipient = await identityToRecipient(ann);
    expect(sealNatively([recipient], `${chunk}x`)).toBeUndefined();
    const hybrid = await identityToRecipient(await generateHybridIdentity());
    expect(sealNatively([recipient, hybrid], 'made up')).toBeUndefined();
    // The point zero: whatever is multiplied with it is zero.
    expect(sealNatively([`age1${'q'.repeat(58)}`], 'made up')).toBeUndefined();
  });

  it.runIf(process.env.CI || hasAge())('writes what age itself opens', async () => {
    const sealed = await forBoth('for age');
    const identity = join(await emptyFolder(), 'identity');
    writeFileSync(identity, `${bob}\n`, { mode: 0o600 });
    expect(execFileSync('age', ['--decrypt', '--identity', identity], { input: sealed }).toString()).toBe('for age');
  });
});

async function opened(identity: string, sealed: Uint8Array): Promise<string> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return decrypter.decrypt(sealed, 'text');
}

function hasAge(): boolean {
  try {
    execFileSync('age', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
