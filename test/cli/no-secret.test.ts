/** All five services at work at once, and nobody who looks at the machine's processes sees a secret of theirs. */
import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { secretsGivenOut } from '../sandbox/given-out.ts';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import { deviceLogin } from './logins.ts';
import { createMachine, type Machine, type Options } from './machine.ts';

const HELLO = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } };

let sandbox: Sandbox;
let machine: Machine;

beforeAll(async () => {
  sandbox = await startSandbox({ services: ['stock-data', 'ai2fin', 'mcp-cloud', 'investra', 'apexmcp'] });
  machine = await createMachine();
});
afterAll(() => sandbox.close());

/** What each process of the machine was started with, the ones that come and go too, until `stop`. */
function watchProcesses(): { stop(): Promise<ReadonlyMap<string, string>> } {
  const seen = new Map<string, string>();
  let stopped = false;
  const look = async (): Promise<void> => {
    const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    await Promise.all(
      ids.map(async (id) => {
        const [words, env] = await Promise.all(['cmdline', 'environ'].map((file) => textOf(`/proc/${id}/${file}`)));
        if (env?.includes(machine.home.root)) seen.set(`${id} ${words}`, `${words}\n${env}`);
      }),
    );
  };
  const watching = (async () => {
    while (!stopped) await look();
  })();
  return {
    async stop() {
      stopped = true;
      await watching;
      return seen;
    },
  };
}

/** Empty for a process that has ended, or is another user's. */
const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

/** Everything that this takes says so on stderr, line by line; the helpers search that, and the machine's files. */
const run = (args: readonly string[], options?: Options) => machine.run([...args, '--verbose'], options);

async function keepKeys(): Promise<readonly string[]> {
  const { email, password } = sandbox.person;
  const at = (id: 'stock-data' | 'ai2fin' | 'apexmcp') => {
    const { url, mcpUrl } = sandbox.service(id);
    return ['--url', url, '--mcp-url', mcpUrl];
  };
  const env = { MCPKEY_STOCK_DATA_EMAIL: email, MCPKEY_STOCK_DATA_PASSWORD: password };
  await run(['login', 'stock-data', '--password', ...at('stock-data')], { env, input: '' });
  await run(['create', 'ci', '-p', 'stock-data']);
  await deviceLogin(machine, sandbox, ['login', 'ai2fin', ...at('ai2fin')]);
  await run(['create', 'ci', '-p', 'ai2fin', '--scope', 'mcp:read']);
  for (const id of ['mcp-cloud', 'investra'] as const) {
    const { mcpUrl, dashboard } = sandbox.service(id);
    await run(['profile', 'add', id, '--mcp-url', mcpUrl]);
    await run(['import', 'ci', '-p', id, '--stdin'], { input: dashboard.create({ name: 'ci' }).secret });
  }
  const { clientId, clientSecret } = sandbox.service('apexmcp').createClient();
  const client = { MCPKEY_APEXMCP_CLIENT_ID: clientId, MCPKEY_APEXMCP_CLIENT_SECRET: clientSecret };
  const org = ['--org', sandbox.service('apexmcp').org];
  await run(['login', 'apexmcp', '--client-credentials', ...org, ...at('apexmcp')], { env: client });
  return ['stock-data/ci', 'ai2fin/ci', 'mcp-cloud/ci', 'investra/ci', 'apexmcp/@login'];
}

it.runIf(process.platform === 'linux')(
  'stands in no argument and no environment of what it starts',
  { timeout: 120_000 },
  async () => {
    const refs = await keepKeys();
    const watch = watchProcesses();
    const proxies = refs.map((ref) => machine.start(['proxy', ref, '--verbose']));
    for (const proxy of proxies) {
      proxy.send(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: HELLO })}\n`);
      await proxy.printed(/"id":1/, 'stdout');
    }
    await run(['place', 'stock-data/ci', 'hook', '--command', 'cat >/dev/null; sleep 0.2']);
    await run(['place', 'stock-data/ci', 'cursor', 'claude-code']);
    await run(['rotate', 'stock-data/ci', '--on-rotated', 'cat >/dev/null; sleep 0.2']);
    await Promise.all(refs.map((ref) => run(['verify', ref])));
    await run(['list', '--all-profiles', '--json']);
    for (const proxy of proxies) proxy.child.stdin.end();
    await Promise.all(proxies.map(({ finished }) => finished));
    const seen = [...(await watch.stop())];
    for (const word of [...refs, 'rotate', 'sleep 0.2']) {
      expect(
        seen.some(([words]) => words.includes(word)),
        word,
      ).toBe(true);
    }
    const secrets = secretsGivenOut();
    expect(secrets.length).toBeGreaterThanOrEqual(8);
    const told = seen.filter(([, text]) => secrets.some((secret) => text.includes(secret))).map(([words]) => words);
    expect(told).toEqual([]);
  },
);
