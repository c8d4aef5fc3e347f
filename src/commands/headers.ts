import { defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { type Credential, resolveCredential } from '../keys/credential.ts';
import { endpointOf } from '../proxy/endpoint.ts';
import { typed } from '../typed.ts';

/** Clients wait 10 s for a helper; what is later is as good as nothing. */
const LIMIT = 8_000;

export const command = defineCommand({
  summary: 'The headers that carry a key, as one JSON object',
  details: `For clients that run a helper for their headers. Done within ${LIMIT / 1000} s, or failed; the secret is on stdout alone.`,
  arguments: [
    {
      name: 'KEY',
      summary: 'PROFILE/NAME, NAME, PROFILE, PROFILE/@login or @PROJECT/SERVER',
      required: true,
      completes: 'key',
    },
  ],
  examples: [{ run: 'mcpkey headers stock/ci', does: 'prints {"Authorization":"Bearer …"}' }],
  hot: true,
  async run(context, { args: [ref = ''] }) {
    const headers = async (): Promise<Record<string, string>> => {
      const credential = await resolveCredential(context, ref);
      const access = endpointOf(credential);
      if (access.sign) throw signsBodies(credential.ref);
      return access.headers(await read(context, credential));
    };
    const found = await within(LIMIT, headers());
    context.io.reveal(`${JSON.stringify(found)}\n`);
    return 0;
  },
});

/** A login that must be renewed first is asked for once: a client waits. */
const read = (context: Context, { kind, profile, read: stored }: Credential) =>
  kind === 'login' ? context.accessToken(profile, { attempts: 1 }) : stored();

const signsBodies = (ref: string) =>
  new UserError('unsupported', `${ref} signs each request's body; fixed headers cannot.`, {
    hint: typed`mcpkey proxy ${ref}`,
  });

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new UserError('unreachable', `The headers were not there within ${milliseconds / 1000} s.`, {
      hint: 'Is the secret store unlocked, and the login server there? mcpkey store status',
    });
    timer = setTimeout(() => reject(error), milliseconds);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
