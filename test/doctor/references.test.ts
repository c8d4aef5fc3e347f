/** References to environment variables in entries that people wrote, as each client spells them. */
import { expect, it } from 'vitest';
import { CLIENTS } from '../../src/clients/index.ts';
import type { ClientFile } from '../../src/clients/types.ts';
import { strangeReference, variablesOf } from '../../src/doctor/scope/references.ts';

const FILE: ClientFile = { scope: 'user', path: '/home/ann/config', format: 'json', servers: ['mcpServers'] };
const URL = 'https://mcp.example/mcp';
const bearer = (reference: string) => ({ url: URL, headers: { Authorization: `Bearer ${reference}` } });
const BRACES = ['$', '{STOCK_KEY}'].join('');
const ENV = ['$', '{env:STOCK_KEY}'].join('');

it.each<[client: keyof typeof CLIENTS, entry: object, names: readonly string[], strange: string | undefined]>([
  ['claude-code', bearer(BRACES), ['STOCK_KEY'], undefined],
  ['claude-code', bearer(['$', '{STOCK_KEY:-none}'].join('')), [], undefined],
  ['claude-code', { command: 'npx', args: ['-y', 'x'], env: { KEY: BRACES } }, ['STOCK_KEY'], undefined],
  ['claude-code', bearer(ENV), ['STOCK_KEY'], ENV],
  ['cursor', bearer(ENV), ['STOCK_KEY'], undefined],
  ['cursor', bearer(BRACES), ['STOCK_KEY'], BRACES],
  ['codex', { url: URL, bearer_token_env_var: 'STOCK_KEY' }, ['STOCK_KEY'], undefined],
  ['opencode', { type: 'remote', ...bearer('{env:STOCK_KEY}') }, ['STOCK_KEY'], undefined],
  ['claude-code', bearer('made-up'), [], undefined],
])('%s: %j', (id, entry, names, strange) => {
  const client = CLIENTS[id];
  const server = { name: 'mine', entry, parts: client.read(entry), owned: undefined };
  expect(variablesOf(client, server, FILE)).toEqual(names);
  expect(strangeReference(client, server, FILE)).toBe(strange);
});
