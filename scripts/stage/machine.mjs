/** A machine of its own for the real program: a home folder that is removed, and an environment that knows no other. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What would lead the program, or the client it starts, to the home of whoever runs this. */
const FOREIGN =
  /^(MCPKEY_|XDG_(CONFIG|DATA|STATE|CACHE)_HOME$|CLAUDE|CURSOR|GEMINI_CLI$|CODEX_|AGENT$|VAULT_|npm_|INIT_CWD$)/;

/**
 * `print` gets each command and what it prints, as it comes. `program` is the path of bin/mcpkey.js, `node` the binary
 * that runs it.
 */
export async function createMachine({ program, node = process.execPath, print = () => undefined }) {
  const home = await mkdtemp(join(tmpdir(), 'mcpkey-home-'));
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN.test(name)));
  const env = {
    ...own,
    HOME: home,
    USERPROFILE: home,
    APPDATA: join(home, 'AppData', 'Roaming'),
    LOCALAPPDATA: join(home, 'AppData', 'Local'),
    BROWSER: 'none',
  };
  await mkdir(join(home, 'project'));
  const said = [];

  /** Runs `mcpkey ARGS` to its end; fails unless it exits with `code`. `watch` sees what was printed so far. */
  async function mcpkey(args, { extra = {}, code = 0, watch = () => undefined, quiet = false } = {}) {
    const shown = (text) => {
      said.push(text);
      if (!quiet) print(text);
    };
    shown(`$ ${[...Object.keys(extra).map((name) => `${name}=…`), 'mcpkey', ...args].map(quoted).join(' ')}\n`);
    const result = await finish({
      node,
      program,
      args,
      env: { ...env, ...extra },
      cwd: join(home, 'project'),
      shown,
      watch,
      merged: !quiet,
    });
    if (result.code === code) return result;
    throw new Error(
      `mcpkey ${args.join(' ')}: exit code ${result.code}, not ${code}${quiet ? `\n${result.stdout}${result.stderr}` : ''}`,
    );
  }

  return {
    home,
    env,
    program,
    mcpkey,
    /** The document that `mcpkey ARGS --json` prints; nothing is shown. */
    json: async (args, options) => JSON.parse((await mcpkey([...args, '--json'], { ...options, quiet: true })).stdout),
    /** All that was printed so far, quiet runs included. */
    printed: () => said.join(''),
    /** Names of the files below the home folder that hold one of `secrets`. */
    filesWith: (secrets) => filesWith(home, secrets),
    remove: () => rm(home, { recursive: true, force: true, maxRetries: 3 }),
  };
}

const quoted = (word) => (/^[\w@%+=:,./…-]+$/.test(word) ? word : `'${word}'`);

/** `merged`: both streams as one, in the order in which they were written, as a terminal shows them; all of it is `stdout`. */
function finish({ node, program, args, env, cwd, shown, watch, merged }) {
  const words = [node, program, ...args];
  const shell = merged && process.platform !== 'win32';
  const [command, ...rest] = shell ? ['/bin/sh', '-c', 'exec "$@" 2>&1', 'sh', ...words] : words;
  return new Promise((resolve, reject) => {
    const child = spawn(command, rest, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const text = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) {
      child[name].setEncoding('utf8').on('data', (chunk) => {
        text[name] += chunk;
        shown(chunk);
        watch(text.stdout + text.stderr);
      });
    }
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...text }));
  });
}

async function filesWith(folder, secrets) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  const found = [];
  for (const file of files) {
    const bytes = await readFile(file);
    if (secrets.some((secret) => bytes.includes(secret))) found.push(file);
  }
  return found;
}
