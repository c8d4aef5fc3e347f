import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import type { KeyRecord } from '../../src/ledger.ts';
import { bindManifest } from '../../src/providers/bind.ts';
import type { Manifest } from '../../src/providers/manifest.ts';
import { planInWords, planRotation, termOf } from '../../src/rotation/plan.ts';
import type { RotationOptions } from '../../src/rotation/types.ts';
import { type NativeOptions, nativeManifest } from '../sandbox/native.ts';

const DAY = 86_400_000;
const NOW = Date.parse('2026-11-20T10:00:00.000Z');
const at = (ms: number) => new Date(NOW + ms).toISOString();

const key: KeyRecord = {
  profile: 'acme',
  provider: 'acme-rolls',
  name: 'ci',
  id: 'r1',
  label: 'ci-mk01234567',
  prefix: null,
  scopes: [],
  createdAt: at(-10 * DAY),
  expiresAt: null,
  lastUsedAt: null,
  status: 'active',
  metadata: {},
  allowedIps: [],
  placements: [],
  previous: null,
  secret: 'record',
  origin: null,
  mark: '01234567',
  host: 'laptop',
  assisted: false,
};

const bind = (manifest: Manifest) =>
  bindManifest(manifest, { url: 'https://acme.example', sign: false, allowHttp: false }, () => NOW);
const plan = (service: NativeOptions, options: Partial<RotationOptions> = {}, record = key) =>
  planRotation(bind(nativeManifest(service)), record, { grace: 0, ...options }, NOW);
const errorOf = (work: () => unknown): UserError | undefined => {
  try {
    work();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  return undefined;
};
const codeOf = (work: () => unknown) => errorOf(work)?.code;

describe('what a provider allows', () => {
  it.each<[string, NativeOptions, Partial<RotationOptions>, object]>([
    ['a second key', {}, {}, { making: 'api', order: 'create-first', retiring: 'api' }],
    [
      'its own rotation, at once',
      { rotate: { id: 'same', overlap: false } },
      {},
      { making: 'native', retiring: 'service' },
    ],
    [
      'its own, with an overlap',
      { rotate: { id: 'same', overlap: true } },
      { grace: DAY },
      { overlap: DAY, retiring: 'service' },
    ],
    ['time to prove the new one', { rotate: { id: 'new', overlap: true } }, {}, { overlap: 900_000, retiring: 'api' }],
    [
      'a longer grace than the overlap',
      { rotate: { id: 'new', overlap: true } },
      { grace: 2 * DAY },
      { making: 'api' },
    ],
    [
      'an order that is asked for',
      { rotate: { id: 'new', overlap: true } },
      { order: 'create-first' },
      { making: 'api' },
    ],
    ['no API to revoke', { revokeByHand: true }, {}, { making: 'api', retiring: 'hand' }],
    ['only a dashboard', { createByHand: true, revokeByHand: true }, {}, { making: 'hand', retiring: 'hand' }],
    ['revoke-first', { oneKey: true }, { order: 'revoke-first' }, { order: 'revoke-first', grace: 0 }],
  ])('%s', (_what, service, options, expected) => expect(plan(service, options)).toMatchObject(expected));

  it.each<[string, NativeOptions, Partial<RotationOptions>]>([
    ['revoke-first and a grace', {}, { order: 'revoke-first', grace: DAY }],
    ['no grace to give', { rotate: { id: 'same', overlap: false }, revokeByHand: true }, { grace: DAY }],
    ['no order to choose', { rotate: { id: 'same', overlap: false }, revokeByHand: true }, { order: 'revoke-first' }],
  ])('refuses %s', (_what, service, options) => expect(codeOf(() => plan(service, options))).toBe('usage'));

  it('a grace that outlives the old key is refused, or shortened where many are rotated', () => {
    const ending = { ...key, expiresAt: at(DAY) };
    expect(codeOf(() => plan({}, { grace: 2 * DAY }, ending))).toBe('usage');
    expect(plan({}, { grace: 2 * DAY, shortenGrace: true }, ending).grace).toBe(DAY);
    expect(plan({}, { grace: DAY }, ending).grace).toBe(DAY);
  });

  it.each([
    [89.99 * DAY, '--grace 89d or less'],
    [DAY, '--grace 1d or less'],
    [1.98 * DAY, '--grace 47h or less'],
    [DAY / 20, '--grace 72m or less'],
    [90_500, '--grace 90s or less'],
    [0, 'Leave --grace out.'],
  ])('and says what would do as people say it: %d ms', (left, hint) => {
    const ending = { ...key, expiresAt: at(left) };
    const grace = 100 * DAY;
    expect(errorOf(() => plan({}, { grace }, ending))?.hint).toBe(hint);
    const [, most = 'no grace'] = /--grace (\w+)/.exec(hint) ?? [];
    const words = planInWords(plan({}, { grace, shortenGrace: true }, ending), 'Acme');
    expect(words.some((line) => line.endsWith(`lives on for ${most}`))).toBe(left > 0);
  });
});

describe('the term of the new key', () => {
  const manifest: Manifest = {
    ...nativeManifest({}),
    key: { ...nativeManifest({}).key, expiry: { unit: 'days', max: 365, never: 'null' } },
  };
  it.each<[string, Partial<KeyRecord>, number | null | undefined]>([
    ['as asked for', { lifetime: 30 * DAY }, 30 * DAY],
    ['never', { lifetime: null }, null],
    ['as told by the service, to the second', { createdAt: at(-DAY), expiresAt: at(29 * DAY + 900) }, 30 * DAY],
    ['no longer than the service gives', { createdAt: at(0), expiresAt: at(400 * DAY) }, 365 * DAY],
    ['not known', { createdAt: null, expiresAt: at(DAY) }, undefined],
  ])('%s', (_what, fields, expected) => expect(termOf({ ...key, ...fields }, manifest)).toBe(expected));

  it('is none where keys do not expire', () =>
    expect(termOf({ ...key, lifetime: DAY }, nativeManifest({}))).toBeUndefined());
});

it('says in words what will be done, the gap included', () => {
  expect(planInWords(plan({ oneKey: true }, { order: 'revoke-first' }), 'Acme').at(0)).toContain('no key works');
  expect(planInWords(plan({}, { grace: DAY }), 'Acme').join('\n')).toContain('lives on for 1d');
});
