import { expect, test } from 'vitest';
import { nameOfCommand, splitCommand } from '../../src/session/command-words.ts';
import { failureOf } from '../conformance/login.ts';

test.each<[string, string[]]>([
  ['npx -y @acme/mcp', ['npx', '-y', '@acme/mcp']],
  ['  a   b\tc ', ['a', 'b', 'c']],
  [`a 'b c' "d e"`, ['a', 'b c', 'd e']],
  [`a'b'"c"d`, ['abcd']],
  [`a '' ""`, ['a', '', '']],
  ['a\\ b c', ['a b', 'c']],
  [`a "say \\"no\\"" 'it\\s'`, ['a', 'say "no"', 'it\\s']],
  ['C:\\tools\\x.exe --y', ['C:\\tools\\x.exe', '--y']],
  ['a; rm -rf $HOME && `id` | b > c', ['a;', 'rm', '-rf', '$HOME', '&&', '`id`', '|', 'b', '>', 'c']],
])('%s', (line, words) => {
  expect(splitCommand(line)).toEqual(words);
});

test.each([`a 'b`, `a "b`, '', '   '])('%j is usage', async (line) => {
  expect((await failureOf((async () => splitCommand(line))())).code).toBe('usage');
});

test.each([
  ['npx -y @acme/mcp@1.2', 'acme-mcp'],
  ['npx -y brave-mcp@latest', 'brave-mcp'],
  ['uvx mcp-server-git', 'mcp-server-git'],
  ['node /opt/tools/server.mjs --stdio', 'server'],
  ['/usr/local/bin/thing', 'thing'],
  ['npx -y', 'npx'],
  ['npx -y @acme/run --api-key k3y', 'acme-run'],
  ['npx -y @acme/node', 'acme-node'],
  ['npx -y run --api-key k3y', 'npx'],
  ['uvx --api-key k3y foo', 'foo'],
  ['npx --header "Authorization: Bearer k3y" x', 'npx'],
  ['npx -p k3y', 'npx'],
  ['node --no-warnings server.js', 'server'],
  ['node --env-file .env server.js', 'server'],
  ['python -m acme_mcp', 'acme_mcp'],
  ['python -c k3y', 'python'],
  ['npx API_KEY=k3y https://k3y@acme.example', 'npx'],
])('%s is called %s', (line, name) => {
  expect(nameOfCommand(splitCommand(line))).toBe(name);
});
