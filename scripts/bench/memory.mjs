/** How much memory a list takes, by the number of keys that a paging service has. */
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { median } from './figures.mjs';

export const FEW = 100;
export const MANY = 10_000;
const RUNS = 5;

/**
 * Tells the process's highest resident set at its end on descriptor 3, in kilobytes. Linux counts in `maxRSS` what the
 * process was before it became this program (getrusage(2)), so there it is read from /proc.
 */
const TELL = `
import { readFileSync, writeSync } from 'node:fs';
const peak = () => process.platform === 'linux'
  ? /VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]
  : process.resourceUsage().maxRSS;
process.on('exit', () => writeSync(3, String(peak())));
`;

/** For Node's `--import`. */
export const peakWatch = `data:text/javascript,${encodeURIComponent(TELL)}`;

/** Peak resident sets in MB, medians, by number of keys. */
export async function measureMemory(stage) {
  const { machine, origin } = stage;
  const manifest = join(machine.home, 'paging.json');
  await writeFile(manifest, JSON.stringify(PAGING));
  await machine.mcpkey(['provider', 'add', manifest, '--yes'], { quiet: true });
  const peaks = {};
  for (const count of [FEW, MANY]) {
    const profile = `paging-${count}`;
    await machine.mcpkey(['profile', 'add', 'paging', '-p', profile, '--url', `${origin}/${count}`], { quiet: true });
    peaks[count] = median(Array.from({ length: RUNS }, () => peak(stage, profile, count)));
  }
  return peaks;
}

function peak({ program, env }, profile, count) {
  const args = ['--import', peakWatch, program, 'list', '-p', profile, '--json'];
  const { status, stdout, stderr, output } = spawnSync(process.execPath, args, {
    env: { ...env, MCPKEY_TOKEN: ['bench', 'token'].join('-') },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`list ended with ${status}\n${stderr}`);
  const listed = JSON.parse(stdout).length;
  if (listed !== count) throw new Error(`${listed} keys were listed, not ${count}`);
  return Number(output[3]) / 1024;
}

/** A service whose list comes in pages by offset. */
const PAGING = {
  id: 'paging',
  title: 'A service with many keys',
  docs: 'https://example.com/docs',
  profile: { url: { required: true }, mcpUrl: { default: '{+url}/mcp' } },
  logins: [{ method: 'token', discovery: 'none' }],
  operations: {
    create: { mode: 'unsupported', reason: 'It only lists.' },
    list: {
      mode: 'api',
      request: { method: 'GET', path: '/keys', success: { status: [200] } },
      items: '/keys',
      fields: {
        id: '/id',
        label: '/name',
        scopes: '/scopes',
        createdAt: { pointer: '/createdAt', format: 'rfc3339' },
        expiresAt: { pointer: '/expiresAt', format: 'rfc3339' },
      },
      pagination: { style: 'offset', parameter: 'offset', size: 100 },
    },
    revoke: { mode: 'unsupported', reason: 'It only lists.' },
    usage: { mode: 'unsupported', reason: 'It only lists.' },
  },
  scopes: { known: [{ id: 'read', summary: 'Read' }], default: ['read'] },
  key: { pattern: '^[a-z]+$', prefix: '', mark: 'name', expiry: { unit: 'days', min: 1, never: 'omit' } },
  rules: { order: 'create-first' },
  mcp: { key: { url: '{+mcpUrl}', header: 'Authorization', scheme: 'Bearer' } },
  errors: [],
};
