import { UserError } from '../errors.ts';
import type { LocatedPlacement } from '../placement/unplace.ts';
import { failure, ok, warning } from './findings.ts';
import { eachPlacement } from './scope/placed.ts';
import { isFromTerminal } from './scope/variables.ts';
import { placeCommand } from './scope/words.ts';
import type { Check, Finding, Scope } from './types.ts';

export const check: Check = {
  id: 'placement.env',
  title: 'The variables that entries read',
  looksAt:
    'Each entry that takes the key from an environment variable: whether the variable is set here and where the desktop starts programs, and whether it holds this very key.',
  warning: 'It is set in this terminal alone: a client that is started from the desktop does not see it.',
  error: 'It is not set, and the client sends its name instead of the key, or nothing; or it holds another key.',
  remedies: [
    'Let mcpkey hand over the key instead; the command is printed.',
    'Or set the variable where the client is started.',
  ],
  looks: eachPlacement(look),
};

async function look({ owned: { ref, placement }, client }: LocatedPlacement, scope: Scope): Promise<Finding> {
  const { context } = scope;
  const { mode, variable, server } = placement;
  if (mode !== 'env' || variable === null) return ok(`"${server}" reads no variable.`);
  const other = placeCommand(ref, placement, { mode: (await context.client(client.id)).modes[0] ?? 'proxy' });
  const session = await scope.variables();
  const here = context.env[variable] || undefined;
  const there = session.get(variable);
  const value = isFromTerminal(client.id) ? (here ?? there) : (there ?? here);
  if (value === undefined) return failure(`${variable}, which "${server}" reads, is not set.`, other);
  if (!(await isTheKey(scope, ref, value))) return failure(`${variable} holds another key than ${ref}.`, other);
  if (there === undefined && !isFromTerminal(client.id) && context.platform !== 'win32') {
    return warning(
      `${variable} is set in this terminal, but not for programs that the desktop starts, as ${client.title} is.`,
      other,
    );
  }
  return ok(`${variable} is set, and holds ${ref}.`);
}

/** Where the key cannot be read, it is not said to be another one. */
async function isTheKey({ context, usable }: Scope, ref: string, value: string): Promise<boolean> {
  const slash = ref.indexOf('/');
  const record = await context.ledger.key(ref.slice(0, slash), ref.slice(slash + 1));
  if (!record?.secret) return true;
  try {
    await usable(record.profile, record.secret);
    const kept = await context.vault.read(record.profile, record.secret);
    return kept === undefined || kept.reveal() === value.trim();
  } catch (error) {
    if (error instanceof UserError) return true;
    throw error;
  }
}
