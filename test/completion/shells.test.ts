/** The scripts in real shells: what they offer, that they run nothing that was typed, and how they quote. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { createHome, type Home, mcpkey, program } from '../helpers/cli.ts';

/** A name that does harm where it is evaluated or put on the line unquoted. */
const ODD = '$(touch evil) `x`';

let home: Home;
let path: string;

beforeAll(async () => {
  home = await createHome();
  for (const name of ['stock', ODD]) {
    const words = [
      'profile',
      'add',
      'stock-data',
      '-p',
      name,
      '--url',
      'http://127.0.0.1:9',
      '--mcp-url',
      'http://127.0.0.1:9/mcp',
    ];
    const { code, stderr } = await mcpkey(words, { home });
    if (code !== 0) throw new Error(stderr);
  }
  const bin = join(home.root, 'bin');
  await mkdir(bin);
  const launcher = await home.write(join(bin, 'mcpkey'), `#!/bin/sh\nexec '${process.execPath}' '${program()}' "$@"\n`);
  await chmod(launcher, 0o755);
  path = `${bin}:${home.env.PATH}`;
});

/** Runs a script in a shell; stdout, one element a line. */
async function shell(command: string, args: readonly string[], script: string): Promise<string[]> {
  const child = spawn(command, [...args], { cwd: home.dir, env: { ...home.env, PATH: path } });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  child.stdin.end(script);
  const [code] = await once(child, 'close');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.split('\n').slice(0, -1);
}

const wasEvil = (): boolean => existsSync(join(home.dir, 'evil'));

describe('bash', () => {
  /** What a TAB offers behind `words`, split as bash splits them. */
  const offered = (...words: string[]) =>
    shell(
      'bash',
      ['--norc', '--noprofile', '-s', '--', ...words],
      [
        'source <(mcpkey completion bash)',
        'COMP_WORDS=(mcpkey "$@")',
        'COMP_CWORD=$#',
        '_mcpkey',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: bash's own.
        'printf "%s\\n" "${COMPREPLY[@]}"',
      ].join('\n'),
    );

  test('offers commands, options and names', async () => {
    expect(await offered('whoa')).toEqual(['whoami']);
    expect(await offered('list', '--all-p')).toEqual(['--all-profiles']);
    expect(await offered('profile', 'show', 'st')).toEqual(['stock']);
  });

  test('puts words together that bash split at "="', async () => {
    expect(await offered('list', '--status', '=', 'a')).toEqual(['active']);
    expect(await offered('list', '--status', '=')).toEqual(['active', 'expired', 'revoked', 'unknown']);
  });

  test('runs nothing that was typed, and quotes what it offers', async () => {
    await offered('profile', 'show', "'$(touch evil)");
    await offered('profile', 'show', '$(touch evil)', '');
    await offered('--profile', '=', '`touch evil`');
    const found = await offered('profile', 'show', '\\$');
    expect(found).toEqual(['\\$\\(touch\\ evil\\)\\ \\`x\\`']);
    expect(wasEvil()).toBe(false);
  });
});

describe('zsh', () => {
  /** What `compadd` is given behind `words`. */
  const offered = (...words: string[]) =>
    shell(
      'zsh',
      ['-f', '-s', '--', ...words],
      [
        'compdef() { }',
        'compset() { }',
        '_files() { print -r -- ":files" }',
        'source <(mcpkey completion zsh)',
        'compadd() { print -rl -- $values }',
        'words=(mcpkey "$@"); CURRENT=$(( $# + 1 )); PREFIX=$@[-1]',
        '_mcpkey || true',
      ].join('\n'),
    );

  test('offers commands, options, names and files', async () => {
    expect(await offered('whoa')).toEqual(['whoami']);
    expect(await offered('list', '--all-p')).toEqual(['--all-profiles']);
    expect(await offered('profile', 'show', 'st')).toEqual(['stock']);
    expect(await offered('exec', 'x', '--', '')).toEqual([':files']);
  });

  test('runs nothing that was typed', async () => {
    await offered('profile', 'show', "'$(touch evil)'");
    await offered('profile', 'show', '$(touch evil)', '');
    expect(await offered('profile', 'show', '\\$')).toEqual([ODD]);
    expect(wasEvil()).toBe(false);
  });
});

describe('fish', () => {
  const offered = async (line: string) => {
    const script = ['mcpkey completion fish | source', `complete -C ${quote(line)}`].join('\n');
    return (await shell('fish', ['--no-config', '-c', script], '')).map((text) => text.split('\t')[0]);
  };
  const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

  test('offers commands, options and names', async () => {
    expect(await offered('mcpkey whoa')).toEqual(['whoami']);
    expect(await offered('mcpkey list --all-p')).toEqual(['--all-profiles']);
    expect(await offered('mcpkey profile show st')).toEqual(['stock']);
  });

  test('runs nothing that was typed', async () => {
    await offered("mcpkey profile show '(touch evil)' ");
    await offered('mcpkey profile show $(touch evil) ');
    expect(wasEvil()).toBe(false);
  });
});

test('powershell: words are an array, what is offered is quoted', async () => {
  const { stdout } = await mcpkey(['completion', 'powershell'], { home });
  expect(stdout).toBe(await readFile(join(import.meta.dirname, '../../completions/mcpkey.ps1'), 'utf8'));
  expect(stdout).toContain("& mcpkey __complete '--' @words");
  expect(stdout).not.toMatch(/Invoke-Expression(?! *$)|\biex\b/m);
});
