import { defineCommand, flag, list } from '../command.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { runWithSecrets } from '../exec/run.ts';
import { type Assignment, assignVariables } from '../exec/variables.ts';

export const command = defineCommand({
  summary: 'Run a program with a key in its environment',
  details:
    'Exits as the program does (128 + n where a signal ended it, 127 where it is not there). What it prints to something that is no terminal is masked, unless --no-mask.',
  arguments: [{ name: 'KEY', summary: 'the key; without it, the profile in use', completes: 'key' }],
  options: {
    env: list('VAR[=KEY]', 'the variable that gets the key, or another key (repeatable)'),
    noMask: flag('leave what the program prints as it is'),
  },
  examples: [
    { run: 'mcpkey exec stock/ci -- node report.js', does: 'runs report.js with the key in STOCK_API_KEY' },
    { run: 'mcpkey exec --env BRAVE_API_KEY=brave/me -- npx -y @acme/mcp', does: 'names the variable and the key' },
  ],
  passthrough: true,
  hot: true,
  ownSignals: true,
  async run(context, { args: [key], options, rest }) {
    const [program, ...args] = rest;
    if (program === undefined) {
      throw new UserError('usage', 'There is no program to run.', { hint: 'mcpkey exec KEY -- CMD…' });
    }
    const assignments = await assignVariables(context, key, options.env);
    warnOfSigning(context, assignments);
    const { code, notStarted } = await runWithSecrets(program, args, {
      env: context.env,
      assignments,
      mask: !options.noMask,
    });
    if (notStarted) context.io.say(`mcpkey exec: ${program}: ${code === 127 ? 'not found' : 'cannot be run'}`);
    return code;
  },
});

function warnOfSigning({ io }: Context, assignments: readonly Assignment[]): void {
  for (const { credential, variable } of assignments) {
    if (!credential.access?.sign) continue;
    io.warn(`${variable} holds the key alone: the program must sign its requests itself (${credential.ref}).`);
  }
}
