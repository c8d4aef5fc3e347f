/** Entries in another client's shape: what is told, and that it mends the entry. */
import { describe, expect, it } from 'vitest';
import { CLIENTS } from '../../src/clients/index.ts';
import type { Client, ClientFile, EntryRequest } from '../../src/clients/types.ts';
import { fieldsOf } from '../../src/doctor/scope/fields.ts';
import { faultIn } from '../../src/doctor/scope/misshapen.ts';
import { UserError } from '../../src/errors.ts';

const FILE: ClientFile = { scope: 'user', path: '/home/ann/config', format: 'json', servers: ['mcpServers'] };
/** Of the newer form, where a client has two. */
const NEWER: ClientFile = { ...FILE, servers: ['mcp'] };
const url = 'https://mcp.example/mcp';
const headers = { Authorization: 'Bearer made-up' };

const fault = (client: Client, entry: unknown, file = NEWER) =>
  faultIn(
    client,
    { name: 'mine', entry, parts: client.read(entry), owned: undefined },
    fieldsOf(client, 'linux', file),
  );

it.each<[id: keyof typeof CLIENTS, entry: object, fix: string]>([
  ['claude-code', { url }, 'Add "type": "http".'],
  ['cline-cli', { url }, 'Add "type": "streamableHttp".'],
  ['cline-cli', { url, type: 'http' }, 'Write "type": "streamableHttp".'],
  ['roo-code', { url }, 'Add "type": "streamable-http".'],
  ['roo-code', { url, type: 'http' }, 'Write "type": "streamable-http".'],
  ['roo-code', { url, type: 'stdio' }, 'Write "type": "streamable-http".'],
  ['vscode', { url, type: 'streamableHttp' }, 'Write "type": "http".'],
  ['opencode', { type: 'http', url }, 'Write "type": "remote".'],
  ['opencode', { type: 'stdio', command: ['npx'] }, 'Write "type": "local".'],
  ['opencode', { command: ['npx'] }, 'Add "type": "local".'],
  ['opencode', { type: 'local', command: 'npx foo' }, 'Write "command" as a list, a word each.'],
  ['opencode', { type: 'local', command: ['npx'], args: ['x'] }, 'Put what stands in "args" at the end of "command".'],
  ['opencode', { type: 'local', command: ['npx'], env: { A: 'b' } }, 'Rename "env" to "environment".'],
  ['kilo-code', { type: 'local', command: ['npx'], env: { A: 'b' } }, 'Rename "env" to "environment".'],
  ['cursor', { command: ['npx', 'x'] }, 'Leave the first word there; the others are "args".'],
  ['goose', { type: 'stdio', command: 'npx', args: [] }, 'Rename "command" to "cmd".'],
  ['goose', { type: 'stdio', cmd: 'npx', env: { A: 'b' } }, 'Rename "env" to "envs".'],
  ['goose', { type: 'streamable-http', uri: url }, 'Write "type": "streamable_http".'],
  ['goose', { type: 'streamable_http', url }, 'Rename "url" to "uri".'],
  ['continue', { type: 'streamable-http', url, headers }, 'Rename "headers" to "requestOptions.headers".'],
  ['codex', { url, headers }, 'Rename "headers" to "http_headers".'],
  ['cursor', { url, requestInit: { headers } }, 'Rename "requestInit.headers" to "headers".'],
  ['gemini-cli', { serverUrl: url }, 'Rename "serverUrl" to "httpUrl".'],
  ['qwen-code', { url, type: 'http' }, 'Rename "url" to "httpUrl".'],
])('%s: %j', (id, entry, fix) => {
  expect(fault(CLIENTS[id], entry)?.fix).toBe(fix);
});

it.each<[id: keyof typeof CLIENTS, entry: object]>([
  ['claude-code', { type: 'sse', url }],
  ['claude-code', { type: 'streamable-http', url }],
  ['claude-code', { command: 'npx' }],
  ['cline-cli', { command: 'npx' }],
  ['copilot-cli', { url }],
  ['copilot-cli', { type: 'stdio', command: 'npx' }],
  ['mistral-vibe', { transport: 'http', url }],
  ['mcporter', { baseUrl: url }],
  ['goose', { type: 'builtin', name: 'developer' }],
  ['qwen-code', { url }],
  ['gemini-cli', { url, type: 'http' }],
])('%s reads %j', (id, entry) => {
  expect(fault(CLIENTS[id], entry)).toBeUndefined();
});

const run = { command: 'npx', args: ['-y', 'x'], env: { REGION: 'eu' } };
const REQUESTS: readonly EntryRequest[] = [
  { mode: 'plain', url, headers },
  { mode: 'plain', run },
  { mode: 'proxy', run },
  { mode: 'env', url, headers: { Authorization: { prefix: 'Bearer ', variable: 'KEY' } } },
  { mode: 'helper', url, run },
];

describe.each(Object.values(CLIENTS))('$id', (client) => {
  it.each([FILE, NEWER])('has no fault in the entries that are made for it, in $servers', (file) => {
    for (const request of REQUESTS) {
      const entry = made(client, request, file);
      if (entry) expect(fault(client, entry, file), JSON.stringify(entry)).toBeUndefined();
    }
  });
});

function made(client: Client, request: EntryRequest, file: ClientFile): object | undefined {
  try {
    return client.entry(request, { server: 'mine', platform: 'linux', scope: 'user', file });
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
