import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runAnyway } from '../programs.ts';
import type { Listing } from './types.ts';

/** MCP Inspector has no file of its own: a person pastes what `place --print` says into one, and names it. */
export const mcpInspector: Listing = {
  node: 22,
  async ask({ machine, cwd, env }, server) {
    const file = join(cwd, 'inspector.json');
    const printed = await machine.run(['place', 'acme/ci', 'mcp-inspector', '--print', '--name', server], { code: 0 });
    await writeFile(file, printed.stdout);
    const args = ['--cli', '--config', file, '--server', server, '--method', 'tools/list'];
    const { stdout, output } = await runAnyway('mcp-inspector', args, { cwd, env });
    return { verdict: stdout.includes('"roll"') ? 'connected' : 'failed', output };
  },
};
