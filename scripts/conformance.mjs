/**
 * Runs the MCP conformance suite: our proxy in front of a server that passes, as a client, and `login --web` with
 * `verify`. Ends non-zero when a scored scenario fails, or when anything fails through the proxy that passes without it.
 *
 *     node scripts/conformance.mjs            everything
 *     node scripts/conformance.mjs client     only runs whose name holds the word
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { build, root } from './build.mjs';

const SUITE = '@modelcontextprotocol/conformance@0.2.0-alpha.12';
/** The suite dies on Node 20 (`fs.globSync`); npm carries Node's own binaries. */
const SUITE_NODE = '22.23.3';
const REVISIONS = ['2025-11-25', '2026-07-28'];
const KEY = ['conformance', 'key', '0123456789'].join('-');

const folder = join(root, '.build/conformance');
const work = await mkdtemp(join(tmpdir(), 'mcpkey-conformance-'));
const results = join(work, 'results');
const children = new Set();

try {
  const suite = await installSuite();
  const program = join(work, 'program');
  await mkdir(program, { recursive: true });
  await build(program);
  const bundles = await bundleHelpers();
  const entry = join(program, 'bin/mcpkey.js');
  const failed = [];
  for (const { name, run } of plan({ suite, bundles, entry })) {
    if (!name.includes(process.argv[2] ?? '')) continue;
    const faults = await run();
    console.log(`${faults.length === 0 ? 'passed' : 'FAILED'}  ${name}`);
    for (const fault of faults) console.log(`        ${fault}`);
    failed.push(...faults);
  }
  process.exitCode = failed.length === 0 ? 0 : 1;
} finally {
  for (const child of children) child.kill();
  await rm(work, { recursive: true, force: true });
}

function plan({ suite, bundles, entry }) {
  return [
    { name: 'server, with and without the proxy', run: () => compareServers({ suite, bundles, entry }) },
    ...REVISIONS.map((revision) => ({
      name: `client ${revision}, auth/* among it`,
      run: async () => {
        const command = `${process.execPath} ${bundles.driver} ${entry}`;
        const { code, output } = await suite(['client', '--command', command, '--requirements', revision]);
        return code === 0 ? [] : failures(output);
      },
    })),
  ];
}

/** The suite against the server itself, then through adapter and proxy: nothing that passed may fail. */
async function compareServers({ suite, bundles, entry }) {
  const server = await startServer([process.execPath, bundles.everything], { CONFORMANCE_KEY: KEY });
  const open = await startServer([process.execPath, bundles.everything], {});
  const env = {
    HOME: work,
    MCPKEY_HOME: join(work, 'home'),
    MCPKEY_STORE: 'env',
    UPSTREAM_API_KEY: KEY,
    BROWSER: 'none',
  };
  const added = spawn(
    process.execPath,
    [entry, 'profile', 'add', 'generic', '-p', 'upstream', '--mcp-url', server.url],
    {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  const [code] = await once(added, 'close');
  if (code !== 0) return [`profile add ended with ${code}`];
  const proxy = await startServer(
    [process.execPath, bundles.adapter, process.execPath, entry, 'proxy', 'upstream'],
    env,
  );
  const faults = [];
  for (const revision of REVISIONS) {
    const direct = await serverRun(suite, open.url, revision, `direct-${revision}`);
    const through = await serverRun(suite, proxy.url, revision, `proxy-${revision}`);
    if (direct.code !== 0) faults.push(`${revision}: the server itself fails`, ...failures(direct.output));
    if (through.code !== 0)
      faults.push(`${revision}: scored scenarios fail through the proxy`, ...failures(through.output));
    for (const check of direct.passed) if (through.failed.has(check)) faults.push(`${revision}: ${check}`);
  }
  return faults;
}

async function serverRun(suite, url, revision, name) {
  const output = join(results, name);
  const args = ['server', '--url', url, '--requirements', revision, '--timeout', '15000', '-o', output];
  const { code, output: text } = await suite(args);
  const checks = await readChecks(output);
  const named = (status) => new Set(checks.filter((check) => check.status === status).map((check) => check.name));
  return { code, output: text, passed: named('SUCCESS'), failed: named('FAILURE') };
}

/** `scenario: check` and its status, from what the suite wrote. */
async function readChecks(output) {
  const files = (await readdir(output, { recursive: true })).filter((file) => file.endsWith('checks.json'));
  const read = files.map(async (file) => {
    const [folderName = ''] = file.split('/');
    const scenario = folderName.replace(/^server-/, '').replace(/-\d{4}-.*$/, '');
    const checks = JSON.parse(await readFile(join(output, file), 'utf8'));
    return checks.map((check) => ({ name: `${scenario}: ${check.id}`, status: check.status }));
  });
  return (await Promise.all(read)).flat();
}

/** The lines that name what failed, else the end of the output. */
function failures(output) {
  const lines = output.split('\n').filter((line) => /^\s*✗/.test(line));
  return lines.length > 0 ? lines : output.split('\n').slice(-20);
}

/** Installs suite and Node once, with exact versions; resolves to a function that runs the suite. */
async function installSuite() {
  const prefix = join(folder, 'suite');
  const bin = join(prefix, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');
  const nodePackage = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const own = Number(process.versions.node.split('.')[0]) >= 22;
  const node = own ? process.execPath : join(prefix, 'node_modules', nodePackage, 'bin/node');
  if (!existsSync(bin) || !existsSync(node)) {
    await mkdir(prefix, { recursive: true });
    const packages = own ? [SUITE] : [SUITE, `${nodePackage}@${SUITE_NODE}`];
    const flags = [
      '--prefix',
      prefix,
      '--no-save',
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
      '--engine-strict=false',
    ];
    const { code, output } = await collect('npm', ['install', ...flags, ...packages], process.env);
    if (code !== 0) throw new Error(`the suite could not be installed\n${output}`);
  }
  return (args) => collect(node, [bin, ...args], process.env);
}

async function bundleHelpers() {
  const names = ['everything', 'adapter', 'driver'];
  const out = join(folder, 'run');
  for (const name of names) {
    const bundle = await rolldown({
      cwd: root,
      input: join(root, 'test/conformance-mcp', `${name}.ts`),
      platform: 'node',
      external: (id) => !/^(\.|\/|[A-Z]:|\0)/i.test(id),
      logLevel: 'silent',
    });
    await bundle.write({ file: join(out, `${name}.mjs`), format: 'esm', codeSplitting: false });
    await bundle.close();
  }
  return Object.fromEntries(names.map((name) => [name, join(out, `${name}.mjs`)]));
}

/** Starts a server that prints its URL first and ends with its stdin. */
async function startServer([command, ...args], env) {
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.add(child);
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  return { url: line.trim() };
}

async function collect(command, args, env) {
  const child = spawn(command, args, { cwd: work, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  const [code] = await once(child, 'close');
  return { code, output };
}
