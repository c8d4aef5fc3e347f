/** A key that stands in its file a second time: taken out of what is no more than a note, told where it must stay. */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import { CHANGES } from './documents.ts';
import { createMachine, type Machine } from './machine.ts';

let sandbox: Sandbox;
let machine: Machine;
beforeEach(async () => {
  sandbox = await startSandbox({ services: ['generic'] });
  machine = await createMachine();
});
afterEach(() => sandbox.close());

const GOOSE = '.config/goose/config.yaml';
const KILO = '.config/kilo/kilo.jsonc';
const CODEX = '.codex/config.toml';
const CONTINUE = '.continue/config.yaml';

interface Beside {
  readonly url: string;
  readonly key: string;
}
const key = () => sandbox.service('generic').dashboard.create({ name: 'k' }).secret;
const goose = ({ url }: Beside, rest: string) =>
  `extensions:\n  a:REST\n    enabled: true\n    type: streamable_http\n    name: a\n    uri: ${url}\n    ${rest}\n`;

const NOTES: Record<string, (at: Beside) => readonly [path: string, text: string]> = {
  'beside an entry’s name in YAML': (at) => [
    GOOSE,
    goose(at, `headers: { Authorization: "Bearer ${at.key}" }`).replace('REST', ` # key ${at.key}`),
  ],
  'behind the last line of a list’s item': ({ url, key }) => [
    CONTINUE,
    `name: c\nversion: 1.0.0\nschema: v1\nmcpServers:\n  - name: a\n    type: streamable-http\n    url: ${url}\n    requestOptions:\n      headers:\n        Authorization: "Bearer ${key}"   # ${key}\n`,
  ],
  'outside of the entry and in it, in JSON': ({ url, key }) => [
    KILO,
    `{ "mcp": { // ${key}\n  "a": { // ask Bob, ${key}\n    "type": "remote", "url": "${url}", "headers": { "Authorization": "Bearer ${key}" } } } }\n`,
  ],
  'commented out in a table of its own': ({ url, key }) => [
    CODEX,
    `[mcp_servers.a]\nurl = "${url}"\n[mcp_servers.a.http_headers]\n# http_headers = { Authorization = "Bearer ${key}" }\nAuthorization = "Bearer ${key}"\n`,
  ],
};

it.each(Object.entries(NOTES))('takes a key out of a comment %s', async (_what, file) => {
  const at = { url: sandbox.service('generic').mcpUrl, key: key() };
  const [path, text] = file(at);
  await machine.home.write(path, text);
  expect(await machine.json(CHANGES, ['adopt', '--yes'])).toMatchObject([{ changed: true }]);
  expect(await machine.filesWith(at.key)).toEqual([]);
  expect(await machine.json(CHANGES, ['adopt', '--yes'])).toEqual([]);
  await machine.run(['undo', '--yes']);
  expect(await machine.home.read(path)).toBe(text);
});

it('says where a key stays that another part of the file names, and finds it again', async () => {
  const at = { url: sandbox.service('generic').mcpUrl, key: key() };
  const anchored = goose(at, 'headers: { Authorization: *k }').replace('REST', '');
  const path = await machine.home.write(GOOSE, `k: &k Bearer ${at.key}\n${anchored}`);
  const preview = await machine.run(['adopt', '--dry-run']);
  expect(preview.stderr).toContain(`a: its key stands in ${path}:1 as well`);
  const { stdout, stderr } = await machine.run(['adopt', '--yes', '--json'], { code: 8 });
  expect(JSON.parse(stdout)).toMatchObject([
    { server: 'a', mode: 'proxy', changed: true },
    { server: 'a', mode: 'plain', changed: false, reason: expect.stringContaining(`${path}:1`) },
  ]);
  expect(stderr).toContain('take it out there by hand');
  const again = await machine.run(['adopt', '--yes'], { code: 8 });
  expect(again.stderr).toContain(`the key 127.0.0.1/a stands in ${path}:1, outside of the servers' entries`);
  expect(again.stdout).not.toContain('No key stands in clear');
  const seen = await machine.run(['doctor', '--check', 'client.plaintext', '--json'], { code: 10 });
  expect(seen.stdout).toContain(`The key 127.0.0.1/a stands in clear in ${path}:1`);
  expect(await machine.filesWith(at.key)).toEqual([path]);
});

it('says which file it could not read, and not that nothing stands in clear', async () => {
  const { mcpUrl } = sandbox.service('generic');
  const headers = `{ "Authorization": "Bearer ${key()}" }`;
  const text = `{ // c\n"mcpServers": { "a": { "type": "http", "url": "${mcpUrl}", "headers": ${headers} } } }`;
  await machine.home.write('.claude.json', text);
  const path = join(machine.home.dir, '.claude.json');
  for (const args of [['--yes'], ['--dry-run']]) {
    const { stdout, stderr } = await machine.run(['adopt', ...args], { code: 8 });
    expect(stdout).not.toContain('No key stands in clear');
    expect(stderr).toContain(path);
    expect(stderr).toContain('then: mcpkey adopt');
    const json = await machine.run(['adopt', ...args, '--json'], { code: 8 });
    expect(JSON.parse(json.stdout)).toMatchObject([
      { client: 'claude-code', path, changed: false, reason: expect.stringContaining('line 1') },
    ]);
  }
});
