import { expect, test } from 'vitest';
import type { Profile } from '../../src/profiles.ts';
import { builtIn, entryOf } from '../../src/providers/index.ts';
import { secret } from '../../src/secret.ts';
import { bindProfile } from '../../src/session/connect.ts';
import { fittingMethods } from '../../src/session/methods.ts';
import { failureOf } from '../conformance/login.ts';

const SETTINGS: Record<string, Partial<Profile>> = {
  'stock-data': { url: 'https://stock.example' },
  apexmcp: { org: 'acme' },
  'mcp-cloud': { mcpUrl: 'https://x.mcp-cloud.ai/mcp' },
};

interface Place {
  attended?: boolean;
  env?: Record<string, string>;
  secretAtHand?: boolean;
  profile?: Partial<Profile>;
}

async function methods(provider: string, { attended = true, env = {}, secretAtHand = false, profile: more }: Place) {
  const manifest = await builtIn(provider);
  if (!manifest) throw new Error(provider);
  const profile: Profile = { name: provider, provider, ...SETTINGS[provider], ...more };
  const clientSecret = secretAtHand ? secret('made-up-words') : undefined;
  const here = { env, platform: 'linux' as const, attended, credentials: { clientSecret, variables: [] } };
  return fittingMethods(profile, bindProfile([entryOf({ manifest }, 'built-in')], profile), here);
}

const DESK = { DISPLAY: ':0' };

test.each<[string, string, Place, string[]]>([
  ['at a desk the browser', 'ai2fin', { env: DESK }, ['web', 'device', 'client-credentials']],
  ['without a display the device code', 'ai2fin', {}, ['device', 'web', 'client-credentials']],
  [
    'over SSH the device code, display or not',
    'ai2fin',
    { env: { ...DESK, SSH_CONNECTION: '1' } },
    ['device', 'web', 'client-credentials'],
  ],
  ['with BROWSER the browser', 'investra', { env: { BROWSER: 'lynx' } }, ['web', 'device']],
  ['with BROWSER=none the device code', 'investra', { env: { ...DESK, BROWSER: 'none' } }, ['device', 'web']],
  ['without a person what needs none', 'ai2fin', { attended: false, secretAtHand: true }, ['client-credentials']],
  [
    'the way that was used last',
    'ai2fin',
    { env: DESK, profile: { method: 'device' } },
    ['device', 'web', 'client-credentials'],
  ],
  ['its own way', 'apexmcp', { env: DESK }, ['client-credentials']],
  [
    'the own identity provider: a person',
    'apexmcp',
    { env: DESK, profile: { issuer: 'https://id.example' } },
    ['web', 'device'],
  ],
  [
    'the own identity provider: a machine',
    'apexmcp',
    { attended: false, secretAtHand: true, profile: { issuer: 'https://id.example' } },
    ['client-credentials'],
  ],
])('%s', async (_title, provider, place, expected) => {
  expect(await methods(provider, place)).toEqual(expected);
});

test('no way without a person is usage, and says what to set', async () => {
  const error = await failureOf(methods('stock-data', { attended: false }));
  expect([error.code, error.hint]).toEqual(['usage', expect.stringContaining('MCPKEY_EMAIL and MCPKEY_PASSWORD')]);
});

test('a provider without login is unsupported', async () => {
  const error = await failureOf(methods('mcp-cloud', {}));
  expect([error.code, error.hint]).toEqual(['unsupported', expect.stringContaining('mcpkey import')]);
});
