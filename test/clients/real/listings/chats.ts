/** Programs that connect only for a conversation: they are given a model's stub, and asked to say hi. */
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runAnyway, runProgram } from '../programs.ts';
import type { Listing, Site, Verdict } from './types.ts';

/** Some say nothing of their servers; the service knows whether they came, and with which key. */
function whatWasSeen({ seen }: Site, output: string): { verdict: Verdict; output: string } {
  const { accepted, refused } = seen();
  if (accepted + refused === 0) throw new Error(`nothing reached the server:\n${output}`);
  return { verdict: refused === 0 ? 'connected' : 'failed', output };
}

const inCopilot = { COPILOT_OFFLINE: 'true', COPILOT_PROVIDER_API_KEY: 'none', COPILOT_MODEL: 'gpt-4o' };

export const copilotCli: Listing = {
  node: 20,
  async ask(site) {
    const { cwd, model, seen } = site;
    seen();
    const env = { ...site.env, ...inCopilot, COPILOT_PROVIDER_BASE_URL: model };
    const { stdout, stderr } = await runProgram('copilot', ['-p', 'hi', '--allow-all-tools'], { cwd, env });
    return whatWasSeen(site, stdout + stderr);
  },
};

export const clineCli: Listing = {
  node: 20,
  async prepare({ cwd, env, model }) {
    const args = ['auth', '-p', 'openai-compatible', '-k', 'none', '-m', 'gpt-4o', '-b', model];
    await runProgram('cline', args, { cwd, env });
  },
  async ask(site) {
    const { cwd, env, seen } = site;
    seen();
    const args = ['-P', 'openai-compatible', '-m', 'gpt-4o', '--json', 'say hi please'];
    try {
      const { stdout, stderr } = await runProgram('cline', args, { cwd, env });
      return whatWasSeen(site, stdout + stderr);
    } finally {
      await endDaemons(cwd);
    }
  },
};

/** Cline leaves a program running, on a fixed port, that would serve the next home as well. */
async function endDaemons(cwd: string): Promise<void> {
  if (process.platform !== 'linux') return;
  for (const pid of daemons(cwd)) process.kill(pid, 'SIGKILL');
  while (daemons(cwd).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
}

const daemons = (cwd: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const words = wordsOf(pid);
      return words.includes('--cline-hub-daemon') && words.includes(cwd);
    })
    .map(Number);

function wordsOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ESRCH'].includes(String(error.code))) return [];
    throw error;
  }
}

/** Continue ends with an error where a server of its file does not load. */
export const continueDev: Listing = {
  node: 20,
  async prepare({ machine, model }) {
    const lines = ['name: Mine', 'version: 0.0.1', 'schema: v1', 'models:', '  - name: Stub', '    provider: openai'];
    const text = [...lines, '    model: gpt-4o', `    apiBase: ${model}`, '    apiKey: none', ''].join('\n');
    await machine.home.write('.continue/config.yaml', text);
  },
  async ask({ machine, cwd, env }, server) {
    const config = join(machine.home.dir, '.continue/config.yaml');
    const text = await readFile(config, 'utf8');
    if (!text.includes(`name: ${server}`)) throw new Error(`"${server}" is not in ${config}:\n${text}`);
    const { code, output } = await runAnyway('cn', ['-p', 'hi', '--config', config], { cwd, env });
    if (code !== 0 && !output.includes(server)) throw new Error(output);
    return { verdict: code === 0 ? 'connected' : 'failed', output };
  },
};
