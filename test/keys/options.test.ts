import { expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { checkWishes, type KeyWishes } from '../../src/keys/options.ts';
import type { Manifest } from '../../src/providers/types.ts';

const NOTHING: KeyWishes = { scopes: [], expires: undefined, metadata: [], allowedIps: [] };

/** The parts of a manifest that decide what may be asked for. */
const manifest = (key: Partial<Manifest['key']>, scopes: Partial<Manifest['scopes']> = {}) =>
  ({
    title: 'Made-up service',
    key: { pattern: 'x', prefix: 'x', mark: 'none', ...key },
    scopes: { known: [], default: [], ...scopes },
  }) as unknown as Manifest;

const full = manifest(
  { expiry: { unit: 'days', min: 1, max: 365, never: 'null' }, metadata: ['owner'], allowedIps: true },
  {
    known: [
      { id: 'mcp:read', summary: '' },
      { id: 'mcp:full', summary: '' },
    ],
    default: ['mcp:read'],
    pattern: 'mcp:call:[a-z]+',
  },
);
const bare = manifest({});

const refused: [string, Manifest, Partial<KeyWishes>, RegExp][] = [
  ['an unknown scope, with the nearest', full, { scopes: ['mcp:reed'] }, /no scope "mcp:reed".*mcp:read/],
  ['a scope where there are none', bare, { scopes: ['a'] }, /have no scopes/],
  ['an expiry where there is none', bare, { expires: '1d' }, /have no expiry/],
  ['a wrong duration', full, { expires: 'soon' }, /"soon" is no duration/],
  [
    'never where keys must expire',
    manifest({ expiry: { unit: 'days', never: false } }),
    { expires: 'never' },
    /must expire/,
  ],
  ['metadata without a value', full, { metadata: ['owner'] }, /"owner" is no metadata/],
  ['unknown metadata', full, { metadata: ['ownr=a'] }, /no metadata "ownr".*owner/],
  ['metadata where there is none', bare, { metadata: ['a=b'] }, /have no metadata/],
  ['addresses where there are none', bare, { allowedIps: ['10.0.0.1'] }, /cannot be bound/],
  ...['10.0.0', '10.0.0.0/33', '::1/129', '10.0.0.0/8/1', 'host', '10.0.0.0/'].map(
    (cidr): [string, Manifest, Partial<KeyWishes>, RegExp] => [
      `the address ${cidr}`,
      full,
      { allowedIps: [cidr] },
      /neither an address nor/,
    ],
  ),
];

test.each(refused)('refuses %s', (_, service, wishes, message) => {
  let thrown: unknown;
  try {
    checkWishes(service, { ...NOTHING, ...wishes });
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(UserError);
  expect(thrown).toMatchObject({ code: 'usage', message: expect.stringMatching(message), hint: expect.any(String) });
});

test('takes the defaults of the service and 90 days', () => {
  expect(checkWishes(full, NOTHING)).toEqual({
    scopes: ['mcp:read'],
    lifetime: 90 * 86_400_000,
    rounded: false,
    metadata: {},
    allowedIps: [],
  });
  expect(checkWishes(bare, NOTHING)).toEqual({
    scopes: [],
    lifetime: undefined,
    rounded: false,
    metadata: {},
    allowedIps: [],
  });
});

test('takes what was asked for, once each', () => {
  const terms = checkWishes(full, {
    scopes: ['mcp:full', 'mcp:full', 'mcp:call:jira'],
    expires: 'never',
    metadata: ['owner=ann=b'],
    allowedIps: ['203.0.113.0/24', '2001:db8::/32', '10.0.0.1'],
  });
  expect(terms).toEqual({
    scopes: ['mcp:full', 'mcp:call:jira'],
    lifetime: null,
    rounded: false,
    metadata: { owner: 'ann=b' },
    allowedIps: ['203.0.113.0/24', '2001:db8::/32', '10.0.0.1'],
  });
});
