import { z } from 'zod';
import { runAnyway } from '../programs.ts';
import type { Listing } from './types.ts';

const STATUS = z.looseObject({ status: z.string(), tools: z.array(z.unknown()).optional() });

/** MCPorter reads the files of other clients as well, unless its own says otherwise. */
export const mcporter: Listing = {
  node: 22,
  async prepare({ machine }) {
    await machine.home.write('.mcporter/mcporter.json', '{ "imports": [] }\n');
  },
  async ask({ cwd, env }, server) {
    const { stdout, output } = await runAnyway('mcporter', ['list', server, '--json'], { cwd, env });
    const { status, tools = [] } = STATUS.parse(JSON.parse(stdout));
    return { verdict: status === 'ok' && tools.length > 0 ? 'connected' : 'failed', output };
  },
};
