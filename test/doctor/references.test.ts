/** References to environment variables in entries that people wrote, as each client spells them. */
import { expect, it } from 'vitest';
import { CLIENTS } from '../../src/clients/index.ts';
import type { ClientFile } from '../../src/clients/types.ts';
import { strangeReference, variablesOf } from '../../src/doctor/scope/references.ts';

const FILE: ClientFile = { scope: 'user', path: '/home/ann/config', format: 'json', servers: ['mcpServers'] };
const URL = 'https://mcp.example/mcp';
const bearer = (reference: string) => ({ url: URL, headers: { Authorization: `Bearer ${reference}` } });
const BRACES = ['$', '{STOCK_KEY}'].join('');
const braces = (name: string) => ['$', `{${name}}`].join('');
/** mcp-remote fills in what its environment has. */
const REMOTE = {
  command: 'npx',
  args: ['mcp-remote', URL, '--header', `Authorization:${BRACES}`],
  env: { STOCK_KEY: 'Bearer made-up' },
};
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
  ['claude-code', bearer('$STOCK_KEY'), ['STOCK_KEY'], '$STOCK_KEY'],
  ['claude-code', { command: 'npx', args: ['-y', 'x'], env: { KEY: '$STOCK_KEY' } }, ['STOCK_KEY'], '$STOCK_KEY'],
  ['claude-code', { command: 'npx', args: ['$HOME/x'], env: { PASSWORD: '$ecret', OTHER: 'US$TEN' } }, [], undefined],
  ['gemini-cli', { httpUrl: URL, headers: { 'X-API-Key': '$STOCK_KEY' } }, ['STOCK_KEY'], undefined],
  ['copilot-cli', { command: 'npx', args: [], env: { KEY: '$STOCK_KEY' } }, ['STOCK_KEY'], undefined],
  ['qwen-code', { httpUrl: URL, headers: { A: '$STOCK_KEY', B: ENV } }, ['STOCK_KEY'], ENV],
  ['cursor', bearer(braces('tok')), ['tok'], braces('tok')],
  ['claude-code', bearer(braces('tok')), ['tok'], undefined],
  ['cursor', { command: 'npx', args: ['x'], env: { DIR: braces('workspaceFolder') } }, [], undefined],
  ['vscode', { type: 'http', url: URL, headers: { A: braces('input:id'), B: braces('userHome') } }, [], undefined],
  ['claude-desktop', { command: 'npx', args: ['log', '--as', braces('level')] }, [], undefined],
  ['claude-desktop', { command: 'npx', args: ['x', BRACES] }, ['STOCK_KEY'], BRACES],
  ['claude-desktop', { command: 'sh', args: ['-c', `exec node server.js --dir ${BRACES}/x`] }, [], undefined],
  ['claude-desktop', { command: '/usr/bin/env', args: ['bash', '-lc', `exec node ${BRACES}`] }, [], undefined],
  ['claude-desktop', { command: 'sh', args: ['run.sh', BRACES] }, ['STOCK_KEY'], BRACES],
  ['claude-desktop', REMOTE, [], undefined],
])('%s: %j', (id, entry, names, strange) => {
  const client = CLIENTS[id];
  const server = { name: 'mine', entry, parts: client.read(entry), owned: undefined };
  expect(variablesOf(client, server, FILE)).toEqual(names);
  expect(strangeReference(client, server, FILE)?.written).toBe(strange);
});

it.each<[client: keyof typeof CLIENTS, entry: object, right: string | undefined]>([
  ['claude-code', bearer('$STOCK_KEY'), BRACES],
  ['cursor', bearer(BRACES), ENV],
  ['opencode', { type: 'remote', ...bearer(BRACES) }, '{env:STOCK_KEY}'],
  ['claude-desktop', { command: 'npx', args: ['x'], env: { KEY: BRACES } }, undefined],
])('%s: what is right in place of %j', (id, entry, right) => {
  const client = CLIENTS[id];
  const found = strangeReference(client, { name: 'mine', entry, parts: client.read(entry), owned: undefined }, FILE);
  expect(found).toMatchObject({ right });
});
