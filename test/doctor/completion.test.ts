/** The remedy for a shell that does not complete, on a terminal of its own: what is printed mends it. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { createHome, type Home, program } from '../helpers/cli.ts';
import { shellTerminal } from '../helpers/terminal.ts';

const HAS_LOADER = ['/usr/share/bash-completion/bash_completion', '/etc/bash_completion'].some(existsSync);

async function look(home: Home): Promise<string> {
  const command = `SHELL=/bin/bash exec '${process.execPath}' '${program()}' doctor --check completion.installed`;
  const screen = shellTerminal(command, { env: home.env, cwd: home.dir, columns: 400 });
  await screen.ended;
  return screen.text;
}

test('bash without bash-completion is told the line for its .bashrc, and completes by it', async () => {
  const home = await createHome();
  // A script that nothing reads does not complete.
  if (!HAS_LOADER) await home.write('.local/share/bash-completion/completions/mcpkey', '');
  const before = await look(home);
  expect(before).toMatch(/does not complete/);
  const fix = HAS_LOADER ? /→ (mkdir -p .*)$/m : /→ mcpkey completion bash > \/dev\/null && (echo .*)$/m;
  const [, line = ''] = fix.exec(before) ?? [];
  await promisify(execFile)('sh', ['-c', HAS_LOADER ? line.replace(/&& mcpkey .*> /, '&& touch ') : line], {
    env: home.env,
  });
  expect(await look(home)).toMatch(HAS_LOADER ? /completes by .*completions\/mcpkey/ : /completes by ~\/\.bashrc/);
});
