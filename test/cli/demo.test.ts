import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { emptyFolder } from '../helpers/folder.ts';

it('npm run demo passes every step and leaves nothing behind', async () => {
  const TMPDIR = await emptyFolder();
  const { DBUS_SESSION_BUS_ADDRESS: _, ...env } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, ['scripts/demo.mjs'], { env: { ...env, TMPDIR } });
  expect(stdout.trim().split('\n').at(-1)).toBe('# done: every step passed');
  for (const verb of ['login', 'create', 'place', 'verify', 'list', 'undo', 'usage', 'revoke']) {
    expect(stdout).toMatch(new RegExp(`^\\$ .*mcpkey ${verb}\\b`, 'm'));
  }
  expect(stdout.match(/connected to/g)).toHaveLength(6);
  expect((await readdir(TMPDIR)).filter((name) => name.startsWith('mcpkey-home-'))).toEqual([]);
}, 120_000);
