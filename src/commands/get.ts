import { defineCommand, flag } from '../command.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { resolveKeyCredential } from '../keys/credential.ts';
import { refuseAgents } from '../keys/reveal.ts';
import type { Secret } from '../secret.ts';
import { typed } from '../typed.ts';

const CLIPBOARD_SECONDS = 45;

export const command = defineCommand({
  summary: 'The secret alone, for scripts',
  details: 'Prefer `mcpkey exec`, which hands the key to one program without showing it.',
  arguments: [{ name: 'KEY', summary: 'PROFILE/NAME, NAME, PROFILE or id', required: true, completes: 'key' }],
  options: { clip: flag(`copy it, and clear the clipboard after ${CLIPBOARD_SECONDS} s`) },
  examples: [
    { run: 'mcpkey get stock/ci | docker login --password-stdin …', does: 'hands the secret on' },
    { run: 'mcpkey get stock/ci --clip', does: 'copies it for a dashboard' },
  ],
  async run(context, { args: [ref = ''], options }) {
    refuseAgents(context.env);
    const credential = await resolveKeyCredential(context, ref);
    const value = await credential.read();
    if (!options.clip) await agree(context, credential.ref);
    // Written down first: nothing is revealed that the history does not know of.
    await context.ledger.record({ command: 'get', ref: credential.ref, outcome: 'done' });
    if (options.clip) await copy(context, value);
    else if (context.io.json) context.io.revealDocument({ ref: credential.ref, secret: value.reveal() });
    else context.io.reveal(`${value.reveal()}\n`);
    return undefined;
  },
});

async function copy(context: Context, value: Secret): Promise<void> {
  await context.copyForAWhile(value, CLIPBOARD_SECONDS);
  context.io.note(`Copied. The clipboard is cleared after ${CLIPBOARD_SECONDS} s.`);
}

/** Asks where the secret would stand on a terminal. */
async function agree({ io }: Context, ref: string): Promise<void> {
  if (!io.stdoutTty || !io.interactive) return;
  const hint = typed`mcpkey get ${ref} --clip`;
  const sure = await io.confirm(`Show the secret of ${ref} on this terminal?`, { hint });
  if (!sure) throw new UserError('usage', 'Nothing was shown.', { hint });
}
