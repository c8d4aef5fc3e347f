import type { Env } from '../context.ts';
import { UserError } from '../errors.ts';

/** Variables that coding agents set for the commands they run. */
const AGENT_VARIABLES = ['CLAUDECODE', 'CURSOR_AGENT', 'GEMINI_CLI', 'CODEX_SANDBOX', 'AGENT'];

/**
 * Throws `usage` where a coding agent runs the command, unless `MCPKEY_REVEAL=1`. A guard rail, not a boundary: an agent
 * that runs as the user can set the variable, or ask the store itself.
 */
export function refuseAgents(env: Env): void {
  const set = AGENT_VARIABLES.find((name) => env[name]);
  if (!set || env.MCPKEY_REVEAL === '1') return;
  throw new UserError('usage', `A coding agent runs this command (${set} is set), so no secret is shown.`, {
    hint: 'mcpkey exec KEY -- COMMAND   (or set MCPKEY_REVEAL=1 yourself)',
  });
}
