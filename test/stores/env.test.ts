import { describe, expect, it } from 'vitest';
import { store } from '../../src/stores/env.ts';
import { environmentKeys, environmentVariable, isEnvironmentRecord } from '../../src/stores/environment-keys.ts';
import { storePorts } from '../helpers/ports.ts';

const env = {
  STOCK_API_KEY: 'one',
  STOCK_CI_API_KEY: 'two',
  MY_SHOP_CI_2_API_KEY: 'three',
  OTHER_API_KEY: 'four',
  STOCK_EMPTY_API_KEY: '',
};

describe('keys in the environment', () => {
  it.each([
    ['stock', 'env', 'STOCK_API_KEY'],
    ['stock', 'ci', 'STOCK_CI_API_KEY'],
    ['my-shop', 'ci.2', 'MY_SHOP_CI_2_API_KEY'],
    ['clé', 'x', 'CL__X_API_KEY'],
  ])('of %s/%s are looked for in %s', (profile, name, variable) => {
    expect(environmentVariable(profile, name)).toBe(variable);
  });

  it('are those of known profiles, a variable being the longest profile’s', () => {
    expect(environmentKeys(env, ['stock', 'my-shop', 'my'])).toEqual([
      { profile: 'my-shop', name: 'ci-2', variable: 'MY_SHOP_CI_2_API_KEY', record: 'env.ci-2' },
      { profile: 'stock', name: 'env', variable: 'STOCK_API_KEY', record: 'env.env' },
      { profile: 'stock', name: 'ci', variable: 'STOCK_CI_API_KEY', record: 'env.ci' },
    ]);
  });

  it('are read by their record, and by no other', async () => {
    const ids = ['env/stock/env.ci', 'env/stock/env.none'];
    const opened = store.open(storePorts('/nowhere', env, { index: async () => ids }));
    expect(await opened.get('env/stock/env.ci')).toBe('two');
    expect(await opened.get('env/stock/env.env')).toBe('one');
    expect(await opened.get('env/stock/env.empty')).toBeUndefined();
    expect(await opened.get('env/stock/login')).toBeUndefined();
    expect(await opened.get('env/my-shop/env.ci%202')).toBe('three');
    expect(await opened.list()).toEqual(['env/stock/env.ci']);
    expect([isEnvironmentRecord('env.ci'), isEnvironmentRecord('a1b2')]).toEqual([true, false]);
  });

  it('cannot be changed', async () => {
    const opened = store.open(storePorts('/nowhere', env));
    for (const attempt of [() => opened.set('env/stock/env.ci', 'x'), () => opened.delete('env/stock/env.ci')]) {
      await expect(attempt()).rejects.toMatchObject({
        code: 'store_unavailable',
        message: expect.stringContaining('read only'),
      });
    }
    expect(await store.inspect(storePorts('/nowhere', env))).toMatchObject({ available: true, persistent: false });
  });
});
