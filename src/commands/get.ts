import { defineCommand, flag } from '../command.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { resolveKeyCredential } from '../keys/credential.ts';
import { refuseAgents } from '../keys/reveal.ts';

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
    if (options.clip) await context.copyForAWhile(value, CLIPBOARD_SECONDS);
    else await print(context, credential.ref, value.reveal());
    await context.ledger.record({ command: 'get', ref: credential.ref, outcome: 'done' });
    if (options.clip) context.io.note(`Copied. The clipboard is cleared after ${CLIPBOARD_SECONDS} s.`);
    return undefined;
  },
});

async function print(context: Context, ref: string, value: string): Promise<void> {
  const { io } = context;
  if (io.stdoutTty && io.interactive) {
    const sure = await io.confirm(`Show the secret of ${ref} on this terminal?`, { hint: `mcpkey get ${ref} --clip` });
    if (!sure) throw new UserError('usage', 'Nothing was shown.', { hint: `mcpkey get ${ref} --clip` });
  }
  if (io.json) io.revealDocument({ ref, secret: value });
  else io.reveal(`${value}\n`);
}
