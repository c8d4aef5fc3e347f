import { expect, test } from 'vitest';
import { environmentCredentials, variablePart } from '../../src/session/environment.ts';

const options = (profile?: string) => ({
  profile,
  json: false,
  noInput: true,
  yes: false,
  quiet: false,
  verbose: false,
  store: undefined,
  timeout: undefined,
  maxWait: undefined,
});
const context = (names: string[], env: Record<string, string>, named?: string) => ({
  env,
  options: options(named),
  profiles: { list: () => names.map((name) => ({ name, provider: 'generic' })) },
});
const tokenOf = (...given: Parameters<typeof environmentCredentials>) =>
  environmentCredentials(...given).token?.reveal();

test.each<[string, string[], Record<string, string>, string | undefined, string | undefined]>([
  ['the only profile', ['stock'], {}, undefined, 'short'],
  ['the one that -p names', ['stock', 'b'], {}, 'stock', 'short'],
  ['the one that MCPKEY_PROFILE names', ['stock', 'b'], { MCPKEY_PROFILE: 'stock' }, undefined, 'short'],
  ['not where another one is named', ['stock', 'b'], {}, 'b', undefined],
  ['not where another one is named by MCPKEY_PROFILE', ['stock', 'b'], { MCPKEY_PROFILE: 'b' }, undefined, undefined],
  ['-p goes before MCPKEY_PROFILE', ['stock', 'b'], { MCPKEY_PROFILE: 'stock' }, 'b', undefined],
  ['not where several could be meant', ['stock', 'b'], {}, undefined, undefined],
  ['not the only profile where it is another one', ['b'], {}, undefined, undefined],
  ['its own variable, however many there are', ['stock', 'b'], { MCPKEY_STOCK_TOKEN: 'long' }, undefined, 'long'],
  ['its own variable before the short one', ['stock'], { MCPKEY_STOCK_TOKEN: 'long' }, undefined, 'long'],
  ['an empty variable is none', ['stock'], { MCPKEY_STOCK_TOKEN: '', MCPKEY_TOKEN: '' }, undefined, undefined],
])('MCPKEY_TOKEN: %s', (_title, names, env, named, token) => {
  expect(tokenOf(context(names, { MCPKEY_TOKEN: 'short', ...env }, named), 'stock')).toBe(token);
});

test('the variables used are named, without their values', () => {
  const env = { MCPKEY_EMAIL: 'ann@example.test', MCPKEY_STOCK_PASSWORD: 'made-up-words' };
  const found = environmentCredentials(context(['stock'], env), 'stock');
  expect(found.variables).toEqual(['MCPKEY_EMAIL', 'MCPKEY_STOCK_PASSWORD']);
  expect(JSON.stringify(found)).not.toContain('made-up-words');
});

test.each([
  ['stock', 'STOCK'],
  ['mcp.example.com', 'MCP_EXAMPLE_COM'],
  ['a-b c', 'A_B_C'],
  ['ärger', '_RGER'],
])('the part of %s is %s', (name, part) => {
  expect(variablePart(name)).toBe(part);
});
