import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run, which } from '../../src/system/run.ts';
import { emptyFolder } from '../helpers/folder.ts';

const node = (script: string, options = {}, ...args: string[]) =>
  run(process.execPath, ['-e', script, ...args], options);

describe('run', () => {
  it('hands over words, stdin and environment untouched, and returns code and streams', async () => {
    const script =
      'process.stdin.pipe(process.stdout); console.error(process.argv[1], process.env.X); process.exitCode = 3';
    expect(await node(script, { input: 'in', env: { X: 'y' } }, '$(id) "`*')).toEqual({
      code: 3,
      stdout: 'in',
      stderr: '$(id) "`* y\n',
    });
  });

  it('has shell-like codes for what does not run', async () => {
    const dir = await emptyFolder();
    await writeFile(join(dir, 'plain'), 'text');
    expect(await run(join(dir, 'none'), [])).toMatchObject({ code: 127 });
    expect(await run(join(dir, 'plain'), [])).toMatchObject({ code: 126 });
  });

  it('ends what takes too long, with what it started', async () => {
    const script =
      'require("node:child_process").spawnSync(process.execPath, ["-e", "setTimeout(() => {}, 3e3)"], {stdio: "inherit"})';
    expect(await node(script, { timeout: 300 })).toMatchObject({ code: 124 });
  });

  it('survives a program that does not read its stdin', async () => {
    expect(await node('process.exit(0)', { input: 'x'.repeat(2_000_000) })).toMatchObject({ code: 0 });
  });
});

describe('which', () => {
  it('finds the first program on PATH that may be run', async () => {
    const [one, two] = [await emptyFolder(), await emptyFolder()];
    await writeFile(join(one, 'tool'), '');
    await writeFile(join(two, 'tool'), '');
    await chmod(join(two, 'tool'), 0o755);
    expect(await which('tool', { PATH: `${one}:relative:${two}` })).toBe(join(two, 'tool'));
    expect(await which('tool', { PATH: one })).toBeUndefined();
    expect(await which('tool', {})).toBeUndefined();
    expect(await which(join(two, 'tool'), {})).toBe(join(two, 'tool'));
  });
});
