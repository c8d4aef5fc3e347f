/** Client ids that servers gave (RFC 7591), by issuer, so that a second login registers nothing. Secrets stay in the session. */
import { join } from 'node:path';
import type { Registration, Registrations } from '../auth/types.ts';
import type { Context } from '../context.ts';
import { readText, writeAtomic } from '../system/files.ts';
import { brokenFile, parseOwnJson } from '../system/json.ts';
import { earlierSession } from './earlier.ts';

interface Kept {
  readonly clientId: string;
  readonly redirectUri?: string | undefined;
  readonly grant?: string | undefined;
}

/** `session` of the profile knows the client that came with a secret. */
export function createRegistrations(
  context: Pick<Context, 'paths' | 'locks' | 'vault'>,
  profile: string,
): Registrations {
  const path = join(context.paths.config, 'registrations.json');
  return {
    async get(issuer) {
      const session = await earlierSession(context, profile);
      if (session?.issuer === issuer && session.clientId !== undefined && session.clientSecret !== undefined) {
        const { clientId, clientSecret, clientAuth } = session;
        return { clientId, clientSecret, clientAuth };
      }
      return (await read(path)).get(issuer);
    },
    async set(issuer, registration) {
      if (registration.clientSecret !== undefined) return;
      await context.locks.with('registrations', async (lock) => {
        const { clientId, redirectUri, grant } = registration;
        const kept = new Map([...(await read(path)), [issuer, { clientId, redirectUri, grant }]]);
        await lock.verify();
        await writeAtomic(path, `${JSON.stringify(Object.fromEntries(kept), null, 2)}\n`);
      });
    },
  };
}

async function read(path: string): Promise<Map<string, Registration>> {
  const text = await readText(path);
  const document = text === undefined ? {} : parseOwnJson(text, path);
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    throw brokenFile(path, 'not a JSON object');
  return new Map(Object.entries(document).filter((entry): entry is [string, Kept] => isKept(entry[1])));
}

const isKept = (value: unknown): value is Kept =>
  typeof value === 'object' && value !== null && 'clientId' in value && typeof value.clientId === 'string';
