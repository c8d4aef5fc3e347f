import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { ensureLauncher, launcherOf } from '../../src/placement/launcher.ts';
import type { Home } from '../helpers/home.ts';
import { createPlacingMachine, type PlacingMachine } from './machine.ts';

let machine: PlacingMachine;
let home: Home;
let app: string;
let launcher: string;
beforeEach(async () => {
  machine = await createPlacingMachine();
  home = machine.home;
  app = join(home.mcpkey, 'data/app');
  await ensureLauncher(machine.context);
  launcher = launcherOf(machine.context).command;
});

/** As a desktop program starts it. */
const bare = (dir: string) => ({
  HOME: dir,
  LOGNAME: 'ann',
  PATH: '/usr/bin:/bin',
  SHELL: '/bin/sh',
  TERM: 'dumb',
  USER: 'ann',
});
const start = (args: string[] = [], input = '') =>
  spawnSync(launcher, args, { env: bare(home.dir), input, encoding: 'utf8' });

/** A program that says what it was given. */
const ECHO =
  "process.stdin.on('data', (text) => process.stdout.write([__filename, process.argv.slice(2).join('|'), text].join(' ')));";
const used = (lines: string[][]) => writeFile(join(app, 'used'), lines.map((line) => `${line.join('\t')}\n`).join(''));

describe('the launcher', () => {
  it('is a program of its owner alone, and notes who made it', async () => {
    expect((await stat(launcher)).mode & 0o777).toBe(0o700);
    const [version, node, script] = (await readFile(join(app, 'used'), 'utf8')).trim().split('\t');
    expect([version, node]).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+/), process.execPath]);
    expect(script).toMatch(/bin\/mcpkey\.js$/);
    await ensureLauncher(machine.context);
    expect((await readFile(join(app, 'used'), 'utf8')).trim().split('\n')).toHaveLength(1);
  });

  it('hands on arguments and stdin to the newest one that is still there', async () => {
    const [newer, older] = [join(home.root, 'new er.cjs'), join(home.root, 'older.cjs')];
    await writeFile(newer, ECHO);
    await writeFile(older, ECHO);
    await used([
      ['3.0.0', process.execPath, join(home.root, 'gone.cjs')],
      ['2.10.0', process.execPath, newer],
      ['2.9.0', process.execPath, older],
    ]);
    expect(start(['proxy', 'a b', "it's"], 'hello').stdout).toBe(`${newer} proxy|a b|it's hello`);
  });

  it('finds the Node beside the one that is gone, and passes over one that is too old', async () => {
    const script = join(home.root, 'script.cjs');
    await writeFile(script, ECHO);
    const versions = join(home.dir, '.nvm/versions/node');
    for (const version of ['v18.0.0', 'v22.0.0']) await mkdir(join(versions, version, 'bin'), { recursive: true });
    await writeFile(join(versions, 'v18.0.0/bin/node'), '#!/bin/sh\nexit 1\n');
    await chmod(join(versions, 'v18.0.0/bin/node'), 0o755);
    await symlink(process.execPath, join(versions, 'v22.0.0/bin/node'));
    await used([['1.0.0', join(versions, 'v20.0.0/bin/node'), script]]);
    expect(start(['x'], 'y').stdout).toBe(`${script} x y`);
  });

  it('says what to do where nothing is left', async () => {
    await used([['1.0.0', '/nowhere/bin/node', '/nowhere/mcpkey.js']]);
    const { status, stderr, stdout } = start();
    expect([status, stdout]).toEqual([127, '']);
    expect(stderr).toContain('npm install --global mcpkey');
  });

  it('passes the shell that checks scripts, where there is one', () => {
    execFileSync('sh', ['-n', launcher]);
  });
});
