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

  it('notes what is there alone', async () => {
    const gone = ['0.0.1', process.execPath, join(home.root, 'gone.cjs')];
    const here = ['0.0.1', process.execPath, join(home.root, 'here.cjs')];
    await writeFile(join(home.root, 'here.cjs'), ECHO);
    await used([gone, here]);
    await ensureLauncher(machine.context);
    const lines = (await readFile(join(app, 'used'), 'utf8')).trim().split('\n');
    expect(lines.map((line) => line.split('\t')[0])).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+/), '0.0.1']);
    expect(lines[1]).toBe(here.join('\t'));
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

describe('on Windows', () => {
  /** As Node and most others make one line of words. */
  const lineOf = (words: readonly string[]) => words.map((word) => (/[\s"]/.test(word) ? `"${word}"` : word)).join(' ');

  /** What `cmd /c` makes of the line behind it (cmd /?): two quotes around a plain path stay, else the outer ones go. */
  function readByCmd(line: string): string {
    if (!line.startsWith('"')) return line;
    const quotes = line.split('"');
    if (quotes.length === 3 && /^[^&<>()@^|]*\s[^&<>()@^|]*$/.test(quotes[1] ?? '')) return line;
    return line.slice(1).replace(/"([^"]*)$/, '$1');
  }

  it.each(['C:\\Users\\ann', 'C:\\Users\\Ann Lee', 'C:\\Users\\Ann (Work) & Co'])(
    'cmd.exe finds it below %s, whatever stands behind it',
    (user) => {
      const paths = { ...machine.context.paths, app: `${user}\\AppData\\Local\\mcpkey\\data\\app` };
      const { command, args } = launcherOf({ ...machine.context, platform: 'win32', env: {}, paths });
      expect(command).toBe('C:\\Windows\\System32\\cmd.exe');
      const own = `${user}\\AppData\\Local\\mcpkey\\data\\app\\mcpkey.cmd`;
      expect(args.at(-1)).toBe(own);
      for (const rest of [
        ['proxy', 'stock/ci'],
        ['exec', '--', 'node', 'C:\\Program Files\\my server.js', 'last one'],
      ]) {
        const line = lineOf([...args, ...rest]).replace('/d /c ', '');
        expect(readByCmd(line)).toBe(lineOf(['call', own, ...rest]));
      }
    },
  );
});
