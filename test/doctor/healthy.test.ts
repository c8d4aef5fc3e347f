/** Nothing is found where nothing is wrong: over each store, in each client, with each service. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { webLogin } from '../cli/logins.ts';
import { fakeHelper } from '../helpers/credential-helper.ts';
import { startEtcd } from '../helpers/etcd.ts';
import { hasSecretService, startSecretService } from '../helpers/secret-service.ts';
import { startVaultDouble } from '../helpers/vault-double.ts';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import { type Clinic, logIn, openEmpty, type Row, wrong } from './clinic.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

const states = (rows: readonly Row[], id: string) => rows.filter((row) => row.id === id).map(({ state }) => state);

async function placed(clinic: Clinic): Promise<readonly Row[]> {
  await logIn(clinic);
  await clinic.run(['create', 'ci', '--place', 'cursor']);
  const rows = await clinic.doctor();
  expect(wrong(rows)).toEqual([]);
  expect(states(rows, 'placement.command')).toEqual(['ok']);
  return rows;
}

describe('over the store', () => {
  test('age', async () => {
    await placed(await openEmpty(sandbox));
  });

  test.runIf(process.platform === 'linux' && hasSecretService())('keychain', async () => {
    const service = await startSecretService();
    const clinic = await openEmpty(sandbox, { MCPKEY_STORE: 'keychain', DBUS_SESSION_BUS_ADDRESS: service.address });
    const rows = await placed(clinic);
    expect(states(rows, 'store.persistence')).toEqual(['ok']);
    await service.stop();
  });

  test('helper', async () => {
    const { env } = await fakeHelper();
    const clinic = await openEmpty(sandbox, { ...env, MCPKEY_STORE: 'helper:fake' });
    await logIn(clinic);
    await clinic.run(['create', 'ci']);
    expect(wrong(await clinic.doctor())).toEqual([]);
  });

  test('etcd', async () => {
    const etcd = await startEtcd();
    await placed(await openEmpty(sandbox, { MCPKEY_STORE: 'etcd', MCPKEY_ETCD_ENDPOINTS: etcd.endpoints }));
  });

  test('vault', async () => {
    const vault = await startVaultDouble();
    const token = vault.token({ policy: (_method, path) => /^secret\/(data|metadata)\/mcpkey\//.test(path) });
    const clinic = await openEmpty(sandbox, { MCPKEY_STORE: 'vault', VAULT_ADDR: vault.address });
    await writeFile(join(clinic.machine.home.dir, '.vault-token'), token, { mode: 0o600 });
    await placed(clinic);
  });

  test('env', async () => {
    const { secret } = sandbox.service('mcp-cloud').dashboard.create({ name: 'here' });
    const clinic = await openEmpty(sandbox, { MCPKEY_STORE: 'env', CLOUD_API_KEY: secret });
    await clinic.run(['profile', 'add', 'mcp-cloud', '-p', 'cloud', '--mcp-url', sandbox.service('mcp-cloud').mcpUrl]);
    await clinic.run(['place', 'cloud/env', 'claude-code', '--mode', 'env', '--var', 'CLOUD_API_KEY']);
    const rows = await clinic.doctor();
    expect(wrong(rows)).toEqual([]);
    expect(states(rows, 'key.probe')).toEqual(['ok']);
  });
});

const CLIENTS = z.array(z.object({ id: z.string(), title: z.string() }));
type Named = z.infer<typeof CLIENTS>[number];

test('in every client, in the user’s files and the project’s', { timeout: 120_000 }, async () => {
  const clinic = await openEmpty(sandbox);
  await logIn(clinic);
  await clinic.run(['create', 'ci']);
  const known = CLIENTS.parse(JSON.parse(await clinic.run(['clients', '--json'])));
  // Files that mcpkey changes and does not make.
  for (const path of ['.config/5ire/mcp.json', '.config/github-copilot/intellij/mcp.json', '.boltai/mcp.json']) {
    await clinic.machine.home.write(path, '{}');
  }
  await clinic.machine.home.write(join(clinic.dir, 'librechat.yaml'), '');
  const where = {
    user: await placeable(clinic, known, []),
    project: await placeable(clinic, known.filter(isNotOneFile), ['--scope', 'project']),
  };
  const rows = await clinic.doctor();
  expect(wrong(rows)).toEqual([]);
  const told = rows.filter(({ id, state }) => id === 'placement.entry' && state === 'ok').map(({ subject }) => subject);
  expect(told.sort()).toEqual([...new Set([...where.user, ...where.project])].sort());
  const left = known.map(({ id }) => id).filter((id) => !told.includes(id));
  expect(left.sort(), 'these have no file at all').toEqual(['jetbrains-ai', 'mcp-inspector', 'raycast']);
  expect(where.project.length).toBeGreaterThan(12);
});

/** The one has the same file for user and folder, the other its own table in a file of others. */
const isNotOneFile = ({ id }: Named): boolean => id !== 'fast-agent' && id !== 'visual-studio';

/** Those that take the key in this scope here; the others say that they do not, by their title. */
async function placeable(
  clinic: Clinic,
  known: readonly Named[],
  scope: readonly string[],
): Promise<readonly string[]> {
  let rest = [...known].sort((one, other) => other.title.length - one.title.length);
  for (;;) {
    const ids = rest.map(({ id }) => id);
    const { code, stdout, stderr } = await clinic.shell(
      ['mcpkey place stock/ci', ...ids, ...scope, '--json'].join(' '),
    );
    if (code === 0)
      return z
        .array(z.object({ client: z.string() }))
        .parse(JSON.parse(stdout))
        .map(({ client }) => client);
    const [, named] = /place stock\/ci (\S+) --print/.exec(stderr) ?? [];
    const refused = rest.find(({ id, title }) => id === named || (named === undefined && stderr.includes(title)));
    if (!refused) throw new Error(`none of ${ids.join(', ')} is named: ${stderr}`);
    rest = rest.filter((each) => each !== refused);
  }
}

test('with every service', { timeout: 60_000 }, async () => {
  const own = await startSandbox();
  const clinic = await openEmpty(own);
  const { run, machine } = clinic;
  await logIn(clinic);
  await webLogin(machine, own, ['login', 'ai2fin', '-p', 'money', '--url', own.service('ai2fin').url]);
  await run(['create', 'k', '-p', 'money']);
  await run(['create', 'k', '-p', 'stock']);
  const { apexmcp, investra, cloud } = {
    apexmcp: own.service('apexmcp'),
    investra: own.service('investra'),
    cloud: own.service('mcp-cloud'),
  };
  const gate = ['--url', apexmcp.url, '--mcp-url', apexmcp.mcpUrl, '--org', apexmcp.org];
  await run(['profile', 'add', 'apexmcp', '-p', 'gate', ...gate]);
  await run(['profile', 'add', 'mcp-cloud', '-p', 'cloud', '--mcp-url', cloud.mcpUrl]);
  await run(['profile', 'add', 'investra', '-p', 'shares', '--mcp-url', investra.mcpUrl]);
  for (const [profile, { dashboard }] of Object.entries({ gate: apexmcp, cloud, shares: investra })) {
    await run(['import', 'k', '-p', profile, '--stdin'], { input: dashboard.create({ name: 'k' }).secret });
  }
  await run(['place', 'money/k', 'cursor']);
  await run(['place', 'money/@login', 'claude-code']);
  const rows = await clinic.doctor();
  expect(wrong(rows)).toEqual([]);
  expect(rows.filter(({ id, state }) => id === 'key.probe' && state === 'ok').map(({ subject }) => subject)).toEqual(
    expect.arrayContaining(['money/k', 'stock/k', 'gate/k', 'cloud/k', 'shares/k', 'money/@login']),
  );
  await own.close();
});
