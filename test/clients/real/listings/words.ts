/** Programs whose list of servers is lines of words. */
import { runProgram } from '../programs.ts';
import type { Listing } from './types.ts';

// Some colour their output even with NO_COLOR and without a terminal.
const COLOUR = new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[A-Za-z]`, 'g');

interface Words {
  readonly node: number;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** `{name}` stands for the server's. */
  readonly connected: string;
  readonly failed: string;
}

/** A program whose line of a server says whether it is connected. Throws where neither line is there. */
export function listingOf({ node, command, args, env, connected, failed }: Words): Listing {
  return {
    node,
    async ask(site, server) {
      const { stdout, stderr } = await runProgram(command, args, { cwd: site.cwd, env: { ...site.env, ...env } });
      const output = (stdout + stderr).replace(COLOUR, '');
      const says = (words: string) => new RegExp(words.replaceAll('{name}', server), 'm').test(output);
      if (says(connected)) return { verdict: 'connected', output };
      if (says(failed)) return { verdict: 'failed', output };
      throw new Error(`${command} says nothing of "${server}":\n${output}`);
    },
  };
}

const ticked = { connected: '✓ {name}: .* - Connected', failed: '✗ {name}: .* - Disconnected' };
const named = { connected: '✓ +{name} +connected', failed: '✗ +{name} +failed' };

export const geminiCli = listingOf({
  node: 20,
  command: 'gemini',
  args: ['mcp', 'list'],
  env: { GEMINI_CLI_TRUST_WORKSPACE: 'true' },
  ...ticked,
});
export const qwenCode = listingOf({ node: 22, command: 'qwen', args: ['mcp', 'list'], ...ticked });
export const opencode = listingOf({ node: 20, command: 'opencode', args: ['mcp', 'list'], ...named });
export const kiloCode = listingOf({ node: 20, command: 'kilo', args: ['mcp', 'list'], ...named });
