import { expect, test } from 'vitest';
import { resolveRef } from '../../src/keys/refs.ts';
import type { KeyRecord } from '../../src/ledger.ts';
import type { Profile } from '../../src/profiles.ts';

type Parts = Parameters<typeof resolveRef>[0];

const key = (profile: string, name: string, id: string, secret: string | null = 'r') =>
  ({ profile, name, id, label: name, secret, status: 'active' }) as unknown as KeyRecord;

const PROFILES: Profile[] = ['stock', 'money', 'empty'].map((name) => ({ name, provider: 'generic' }));
const KEYS = [
  key('stock', 'ci', '42'),
  key('stock', 'dev', '43', null),
  key('money', 'ci', '42'),
  key('money', 'web', '7'),
];

function parts(over: { profile?: string; env?: Record<string, string> } = {}): Parts {
  return {
    env: over.env ?? {},
    options: { profile: over.profile } as Parts['options'],
    ledger: {
      keys: async (profile?: string) => KEYS.filter((each) => profile === undefined || each.profile === profile),
      key: async (profile: string, name: string) => KEYS.find((each) => each.profile === profile && each.name === name),
      binding: async (project: string, server: string) =>
        project === 'shop' && server === 'stock' ? { ref: 'stock/ci', dir: '/p' } : undefined,
    } as unknown as Parts['ledger'],
    profiles: {
      list: () => PROFILES,
      get: (name: string) => PROFILES.find((each) => each.name === name),
      defaultName: () => 'stock',
    } as unknown as Parts['profiles'],
  };
}

test.each([
  ['stock/ci', 'stock/ci'],
  ['web', 'money/web'],
  ['stock', 'stock/ci'],
  ['7', 'money/web'],
  ['stock/43', 'stock/dev'],
  ['@shop/stock', 'stock/ci'],
])('%s is the key %s', async (ref, expected) => {
  const found = await resolveRef(parts(), ref);
  expect(found.kind === 'key' && `${found.record.profile}/${found.record.name}`).toBe(expected);
});

test('a profile that was chosen narrows a name', async () => {
  for (const over of [{ profile: 'money' }, { env: { MCPKEY_PROFILE: 'money' } }]) {
    expect(await resolveRef(parts(over), 'ci')).toMatchObject({ kind: 'key', record: { profile: 'money' } });
  }
});

test('the login of a profile is a ref', async () => {
  expect(await resolveRef(parts(), 'stock/@login')).toMatchObject({ kind: 'login', profile: { name: 'stock' } });
});

test.each([
  ['ci', 'usage', /stock\/ci \(id 42\), money\/ci \(id 42\)/],
  ['42', 'usage', /fits several keys/],
  ['empty', 'not_found', /no stored key/],
  ['stok/ci', 'not_found', /Did you mean "stock"/],
  ['@shop/none', 'not_found', /no key bound/],
])('%s is refused as %s', async (ref, code, message) => {
  await expect(resolveRef(parts(), ref)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});

test('a word that nothing here fits is left to the service of the usual profile', async () => {
  expect(await resolveRef(parts(), 'elsewhere')).toMatchObject({
    kind: 'unknown',
    profile: { name: 'stock' },
    word: 'elsewhere',
  });
  expect(await resolveRef(parts(), 'money/elsewhere')).toMatchObject({ kind: 'unknown', profile: { name: 'money' } });
});
