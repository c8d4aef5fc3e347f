/**
 * The real programs of MCP clients, for the tests that let them connect: each in a pinned version, installed once into
 * .build/clients/.
 *
 *     node scripts/clients.mjs          installs all of them
 *     node scripts/clients.mjs ID…      only these
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** `finish` is what the package's postinstall would do, which npm does not run here. Paths are within the package. */
const PROGRAMS = {
  'claude-code': { name: '@anthropic-ai/claude-code', version: '2.1.329', finish: 'install.cjs', bin: 'claude' },
  'cline-cli': { name: 'cline', version: '3.0.65', bin: 'cline' },
  codex: { name: '@openai/codex', version: '0.169.0', bin: 'codex' },
  continue: { name: '@continuedev/cli', version: '1.5.47', bin: 'cn' },
  'copilot-cli': { name: '@github/copilot', version: '1.0.102', bin: 'copilot' },
  'gemini-cli': { name: '@google/gemini-cli', version: '0.61.0', bin: 'gemini' },
  'kilo-code': { name: '@kilocode/cli', version: '7.7.7', finish: 'postinstall.mjs', bin: 'kilo' },
  'mcp-inspector': { name: '@modelcontextprotocol/inspector', version: '2.12.0', bin: 'mcp-inspector' },
  mcporter: { name: 'mcporter', version: '0.12.3', bin: 'mcporter' },
  opencode: { name: 'opencode-ai', version: '1.18.33', finish: 'postinstall.mjs', bin: 'opencode' },
  'qwen-code': { name: '@qwen-code/qwen-code', version: '0.24.4', bin: 'qwen' },
};

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cache = join(root, '.build/clients');

/** The folder that holds the program of this client under its own name, for PATH. Installs it where it is not there. */
export async function clientFolder(id) {
  const program = PROGRAMS[id];
  if (program === undefined) throw new Error(`no program is known for the client "${id}"`);
  const folder = join(cache, `${id}-${program.version}`);
  const bin = join(folder, 'node_modules/.bin');
  if (!existsSync(join(bin, program.bin))) await install(program, folder);
  return bin;
}

/** Into a folder beside it, renamed when all is there: what was interrupted is not taken for whole. */
async function install({ name, version, finish }, folder) {
  await mkdir(cache, { recursive: true });
  const fresh = await mkdtemp(`${folder}-`);
  try {
    const flags = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--engine-strict=false'];
    await run('npm', ['install', '--prefix', fresh, ...flags, `${name}@${version}`], fresh);
    const home = join(fresh, 'node_modules', name);
    const found = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')).version;
    if (found !== version) throw new Error(`npm installed ${name} ${found}, not ${version}`);
    if (finish !== undefined) await run(process.execPath, [finish], home);
    await rm(folder, { recursive: true, force: true });
    await rename(fresh, folder);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

async function run(command, args, cwd) {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}\n${output}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const named = process.argv.slice(2);
  for (const id of named.length > 0 ? named : Object.keys(PROGRAMS)) {
    console.log(`${id}: ${join(await clientFolder(id), PROGRAMS[id].bin)}`);
  }
}
