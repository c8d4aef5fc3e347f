import { execFileSync } from 'node:child_process';
import { armor, Encrypter, generateHybridIdentity, generateX25519Identity, identityToRecipient } from 'age-encryption';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { openNatively } from '../../src/stores/age-native.ts';

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

function hasAge(): boolean {
  try {
    execFileSync('age', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
