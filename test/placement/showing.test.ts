import { expect, it } from 'vitest';
import { unifiedDiff } from '../../src/placement/diff.ts';
import { createMask } from '../../src/placement/masking.ts';
import { secret } from '../../src/secret.ts';

const place = { format: 'jsonc', path: 'file', servers: [] } as const;
const masked = async (document: unknown) =>
  JSON.parse(await createMask()(Buffer.from(JSON.stringify(document)), place));
/** Made up, of the form that services use. */
const key = (prefix: string) => [prefix, 'Zx81Yw72Xv63Uu54Tt45'].join('');

it.each([
  [{ headers: { Authorization: key('Bearer sk-') } }, { headers: { Authorization: '[secret]' } }],
  [{ headers: { Authorization: `Bearer \${TOKEN}` } }, { headers: { Authorization: `Bearer \${TOKEN}` } }],
  [
    { env: { BRAVE: 'short', MCPKEY_HOME: '/home/ann/long/path-1234567890' } },
    { env: { BRAVE: '[secret]', MCPKEY_HOME: '/home/ann/long/path-1234567890' } },
  ],
  [{ args: ['-y', '@acme/mcp@1.2.3', `--api-key=${key('sk-')}`] }, { args: ['-y', '@acme/mcp@1.2.3', '[secret]'] }],
  [{ url: `https://mcp.example/mcp?k=${key('')}` }, { url: '[secret]' }],
  [
    { url: 'https://mcp.example/v1/messages', command: '/home/ann/.nvm/versions/node/v20.20.2/bin/node' },
    { url: 'https://mcp.example/v1/messages', command: '/home/ann/.nvm/versions/node/v20.20.2/bin/node' },
  ],
  [{ apiKey: 'x1' }, { apiKey: '[secret]' }],
  [
    { bearer_token_env_var: 'STOCK_API_KEY', env_http_headers: { 'X-API-Key': 'STOCK_KEY' }, env_keys: ['A_TOKEN'] },
    { bearer_token_env_var: 'STOCK_API_KEY', env_http_headers: { 'X-API-Key': 'STOCK_KEY' }, env_keys: ['A_TOKEN'] },
  ],
  [{ bearer_token_env_var: 'x1' }, { bearer_token_env_var: '[secret]' }],
])('%j is shown as %j', async (document, shown) => {
  expect(await masked(document)).toEqual(shown);
});

it('shows that a secret became another one, and neither', async () => {
  const mask = createMask();
  const show = (value: string) => mask(Buffer.from(JSON.stringify({ token: value })), place);
  expect([await show('one'), await show('two'), await show('one')]).toEqual([
    '{"token":"[secret]"}',
    '{"token":"[secret 2]"}',
    '{"token":"[secret]"}',
  ]);
});

const lines = (...text: string[]) => text.map((line) => `${line}\n`).join('');

it('prints hunks as diff -u does', () => {
  const before = lines('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k');
  const after = lines('a', 'B', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'new', 'k');
  expect(unifiedDiff('x', before, after)).toBe(
    lines(
      '--- x',
      '+++ x',
      '@@ -1,5 +1,5 @@',
      ' a',
      '-b',
      '+B',
      ' c',
      ' d',
      ' e',
      '@@ -8,4 +8,5 @@',
      ' h',
      ' i',
      ' j',
      '+new',
      ' k',
    ),
  );
  expect(unifiedDiff('x', before, before)).toBe('');
  expect(unifiedDiff('x', undefined, 'a\n')).toBe(lines('--- /dev/null', '+++ x', '@@ -0,0 +1 @@', '+a'));
  expect(unifiedDiff('x', 'a\n', undefined)).toBe(lines('--- x', '+++ /dev/null', '@@ -1 +0,0 @@', '-a'));
});

const PASSWORD = ['hunter', '2'].join('');
const WORDS = [
  ['--token', PASSWORD],
  [`--api-key=${PASSWORD}`],
  ['--header', `X-API-Key: ${PASSWORD}`],
  ['-H', `X-Tenant: ${PASSWORD}`],
  ['-e', `SERVICE_TOKEN=${PASSWORD}`],
  ['-c', `exec server --password ${PASSWORD}`],
  [`https://mcp.example/mcp?api_key=${PASSWORD}`],
  [`https://mcp.example/mcp?team=7&token=${PASSWORD}`],
  [`https://user:${PASSWORD}@mcp.example/mcp`],
  [`https://${PASSWORD}@mcp.example/mcp`],
  [`postgresql://user:${PASSWORD}@db.example/main`],
  [`redis://:${PASSWORD}@cache.example`],
] as const;
const FORMS: Readonly<Record<string, (words: readonly string[]) => string>> = {
  json: (words) => JSON.stringify({ mcpServers: { other: { command: 'npx', args: ['-y', ...words] } } }),
  toml: (words) => `[mcp_servers.other]\ncommand = "npx"\nargs = ${JSON.stringify(['-y', ...words])}\n`,
  yaml: (words) =>
    ['mcpServers:', '  other:', '    args:', ...words.map((w) => `      - ${JSON.stringify(w)}`), ''].join('\n'),
};

it.each(Object.keys(FORMS))('masks what stands in a neighbour’s command line, in %s', async (form) => {
  const at = { format: form === 'toml' || form === 'yaml' ? form : 'json', path: 'file', servers: [] } as const;
  for (const words of WORDS) {
    const text = FORMS[form]?.(words) ?? '';
    expect(text).toContain(PASSWORD);
    expect(await createMask()(Buffer.from(text), at)).not.toContain(PASSWORD);
  }
});

it('masks an address beside no list, however short its credential', async () => {
  expect(await masked({ url: 'https://mcp.example/mcp?api_key=abc' })).toEqual({ url: '[secret]' });
  expect(await masked({ DATABASE: `postgres://u:pw@db.example/x` })).toEqual({ DATABASE: '[secret]' });
});

it('shows what mcpkey’s own entries say, references, and what only looks like an option', async () => {
  const plain = {
    stock: {
      command: '/home/ann/.local/share/mcpkey/bin/mcpkey',
      args: ['exec', '--env', 'STOCK_API_KEY=stock/ci', '--', 'npx', '-y', 'server'],
    },
    other: {
      command: 'npx',
      args: [
        '-y',
        '@acme/mcp@1.2.3',
        '--token',
        `\${TOKEN}`,
        `--api-key=\${KEY}`,
        '--port',
        '8080',
        '--key-file',
        '/etc/key',
      ],
    },
    far: { url: `https://mcp.example/mcp?team=7&token=\${TOKEN}`, helper: "'/home/ann/mcpkey' headers 'stock/ci'" },
    near: { url: `https://user:\${PASSWORD}@mcp.example/a`, args: ['https://mcp.example:8443/mcp', 'C:\\key.txt'] },
  };
  expect(await masked(plain)).toEqual(plain);
});

it('shows no part of a secret where a long line is cut', () => {
  const value = ['found', 'inclear', 'Zx81Yw72Xv63Uu54Tt45'].join('-');
  secret(value);
  // Free of quotes, so that nothing but the cut decides.
  const line = `${'x'.repeat(400 - 12)}${value} and more`;
  const diff = unifiedDiff('x', undefined, `${line}\n`);
  expect(diff).not.toContain(value.slice(0, 5));
  expect(diff).toContain('x'.repeat(380));
});
