import { defineCommand, flag, list, value } from '../command.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { leftToResume, revokeLeftKeys } from '../exec/left.ts';
import { type RunWithSecrets, runWithSecrets } from '../exec/run.ts';
import { type Assignment, assignVariables } from '../exec/variables.ts';

export const command = defineCommand({
  summary: 'Run a program with a key in its environment',
  details:
    'Exits as the program does (128 + n where a signal ended it, 127 where it is not there). What it prints to something that is no terminal is masked, unless --no-mask. With --ephemeral the key is made for this run alone, as short-lived as the service can (an hour at least), and revoked when the program ends; it is kept in no store. What a kill -9 leaves is revoked by the next command.',
  arguments: [{ name: 'KEY', summary: 'the key; without it, the profile in use', completes: 'key' }],
  options: {
    env: list('VAR[=KEY]', 'the variable that gets the key, or another key (repeatable)'),
    noMask: flag('leave what the program prints as it is'),
    ephemeral: flag('make a key for this run alone, and revoke it afterwards'),
    scope: list('S', 'with --ephemeral: a scope of the key (repeatable)'),
    ttl: value('DURATION', 'with --ephemeral: when the key ends at the latest'),
  },
  examples: [
    { run: 'mcpkey exec stock/ci -- node report.js', does: 'runs report.js with the key in STOCK_API_KEY' },
    { run: 'mcpkey exec --env BRAVE_API_KEY=brave/me -- npx -y @acme/mcp', does: 'names the variable and the key' },
    { run: 'mcpkey exec --ephemeral -p stock -- node report.js', does: 'a key that lives as long as the program' },
  ],
  passthrough: true,
  hot: true,
  ownSignals: true,
  async run(context, { args: [key], options, rest }) {
    const { ephemeral, scope, ttl, env } = options;
    const [program, ...args] = rest;
    if (program === undefined) {
      throw new UserError('usage', 'There is no program to run.', { hint: 'mcpkey exec KEY -- CMD…' });
    }
    await remind(context);
    const start = (assignments: RunWithSecrets['assignments']): Promise<number> =>
      runProgram(context, { program, args, assignments, mask: !options.noMask });
    if (ephemeral) {
      refuseKey(key);
      const { runEphemeral } = await import('../exec/run-ephemeral.ts');
      return runEphemeral(context, { scopes: scope, ttl, envs: env }, start);
    }
    if (scope.length > 0 || ttl !== undefined) {
      throw new UserError('usage', '--scope and --ttl are for a key that is made: they need --ephemeral.', {
        hint: 'mcpkey exec --ephemeral -p PROFILE --scope S -- CMD…',
      });
    }
    const assignments = await assignVariables(context, key, env);
    warnOfSigning(context, assignments);
    const left = revokeLeftKeys(context);
    const [code, told] = await Promise.all([start(assignments), left]);
    for (const line of told) context.io.say(line);
    return code;
  },
});

/** Before the program has the terminal. */
async function remind(context: Context): Promise<void> {
  const { json, quiet } = context.options;
  const line = json || quiet ? undefined : await leftToResume(context);
  if (line !== undefined) context.io.say(line);
}

function refuseKey(key: string | undefined): void {
  if (key === undefined) return;
  throw new UserError('usage', 'With --ephemeral the key is made for this run: there is none to name.', {
    hint: 'mcpkey exec --ephemeral -p PROFILE -- CMD…',
  });
}

interface Program extends Pick<RunWithSecrets, 'assignments' | 'mask'> {
  readonly program: string;
  readonly args: readonly string[];
}

async function runProgram({ env, io }: Context, { program, args, ...how }: Program): Promise<number> {
  const { code, notStarted } = await io.silenced(() => runWithSecrets(program, args, { env, ...how }));
  if (notStarted) io.say(`mcpkey exec: ${program}: ${code === 127 ? 'not found' : 'cannot be run'}`);
  return code;
}

function warnOfSigning({ io }: Context, assignments: readonly Assignment[]): void {
  for (const { credential, variable } of assignments) {
    if (!credential.access?.sign) continue;
    io.warn(`${variable} holds the key alone: the program must sign its requests itself (${credential.ref}).`);
  }
}
