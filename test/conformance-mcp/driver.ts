/**
 * The client that the suite's client scenarios are run against: raw JSON-RPC through the built proxy, or, for `auth/*`,
 * the built `login` and `verify`. Arguments: mcpkey's entry, the URL of the suite's server.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { driveLogin } from './login-driver.ts';
import { driveProxy } from './proxy-driver.ts';

const [entry = '', url = ''] = process.argv.slice(2);
const scenario = process.env.MCP_CONFORMANCE_SCENARIO ?? '';
const home = await mkdtemp(join(tmpdir(), 'mcpkey-conformance-'));
const env = {
  PATH: process.env.PATH ?? '',
  HOME: home,
  MCPKEY_HOME: join(home, 'mcpkey'),
  BROWSER: 'none',
  CI: '1',
};
const run = {
  entry,
  url,
  env,
  scenario,
  modern: process.env.MCP_CONFORMANCE_PROTOCOL_VERSION === '2026-07-28',
  context: JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}'),
};
try {
  process.exitCode = await (scenario.startsWith('auth/') ? driveLogin(run) : driveProxy(run));
} finally {
  await rm(home, { recursive: true, force: true });
}
