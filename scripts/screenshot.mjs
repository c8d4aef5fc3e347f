/**
 * Makes docs/terminal.svg from a real run: `mcpkey setup`, answered as a person does, on a terminal of 80 columns, with
 * the services on loopback. Needs util-linux's `script`. Only the home folder and the ports are shown as other ones.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from './build.mjs';
import { createMachine } from './stage/machine.mjs';
import { loadSandbox, root, workshop } from './stage/sandbox.mjs';
import { screenOf, svgOf } from './stage/screen.mjs';

const COLUMNS = 80;
const PROMPT = '\u001b[32m$\u001b[39m ';
const ENTER = '\r';

const built = await workshop('screenshot');
await build(built);
const sandbox = await (await loadSandbox()).startSandbox({ services: ['stock-data'] });
const machine = await createMachine({ program: join(built, 'bin', 'mcpkey.js') });
try {
  await machine.mcpkey(['store', 'use', 'age'], { quiet: true });
  for (const folder of ['.claude', '.cursor']) await mkdir(join(machine.home, folder));
  const { url, mcpUrl } = sandbox.service('stock-data');
  const { email, password } = sandbox.person;
  const said = [
    await onTerminal(
      ['setup', 'stock-data', '--url', url, '--mcp-url', mcpUrl],
      [
        [/Place the key into/, ''],
        [/E-?mail/i, email],
        [/Password/i, password],
      ],
    ),
    await onTerminal(['list']),
    await onTerminal([]),
  ].join('\r\n');
  const shown = said
    .replaceAll(machine.home, '~')
    .replaceAll(new URL(url).host, '127.0.0.1:8000')
    .replaceAll(new URL(mcpUrl).host, '127.0.0.1:8001');
  check(shown);
  const label = 'A terminal in which mcpkey sets up a server: login, key, placement, probe';
  await writeFile(join(root, 'docs/terminal.svg'), svgOf(screenOf(shown, COLUMNS), { columns: COLUMNS, label }));
} finally {
  await sandbox.close();
  await machine.remove();
  await rm(built, { recursive: true, force: true });
}

/** The command as typed and what the terminal got; each answer is typed when its question stands there. */
async function onTerminal(words, answers = []) {
  const program = [process.execPath, machine.program, ...words].map((word) => `'${word}'`).join(' ');
  const { CI: _, NO_COLOR: __, ...env } = machine.env;
  const child = spawn('script', ['-qefc', `stty cols ${COLUMNS} rows 50; exec ${program}`, '/dev/null'], {
    cwd: join(machine.home, 'project'),
    env: { ...env, TERM: 'xterm-256color', SHELL: '/bin/sh', USER: 'ann', LOGNAME: 'ann', MCPKEY_MACHINE: 'laptop' },
  });
  let text = '';
  let asked = 0;
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
    const [question, answer] = answers[0] ?? [];
    if (question === undefined || !question.test(text.slice(asked))) return;
    answers.shift();
    asked = text.length;
    child.stdin.write(answer + ENTER);
  });
  const [code] = await once(child, 'close');
  if (code !== 0 || answers.length > 0) throw new Error(`mcpkey ${words.join(' ')} ended with ${code}\n${text}`);
  return `${PROMPT}mcpkey ${words.join(' ')}\r\n${text}`;
}

/** Nothing of this machine, and no secret, may be in the picture. */
function check(text) {
  const secrets = [sandbox.person.password, ...sandbox.keys('stock-data').map((key) => key.secret)];
  if (secrets.some((secret) => text.includes(secret))) throw new Error('a secret is in the picture');
  if (text.includes(root) || /\/(tmp|home|root)\//.test(text))
    throw new Error('a path of this machine is in the picture');
}
