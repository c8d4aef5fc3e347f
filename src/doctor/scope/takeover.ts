/** Entries that mcpkey did not write, and could: where a key kept here goes to the very same address. */
import type { ClientScope } from '../../clients/types.ts';
import { UserError } from '../../errors.ts';
import { refOf } from '../../keys/refs.ts';
import type { Scope } from '../types.ts';
import { line } from './words.ts';

interface Entry {
  readonly client: string;
  readonly scope: ClientScope;
  readonly server: string;
  readonly url: string | undefined;
}

/** The command that lets mcpkey carry the key there; undefined where none that is kept here fits. */
export async function takeOver(
  scope: Scope,
  { client, scope: where, server, url }: Entry,
): Promise<string | undefined> {
  if (url === undefined) return undefined;
  for (const record of await scope.keys()) {
    const profile = scope.context.profiles.get(record.profile);
    if (!profile || (await endpoint(scope, profile)) !== url) continue;
    const words = ['place', refOf(record), client, '--name', server, ...(where === 'user' ? [] : ['--scope', where])];
    return line([...words, '--force']);
  }
  return undefined;
}

async function endpoint(scope: Scope, profile: Parameters<Scope['connection']>[0]): Promise<string | undefined> {
  try {
    return (await scope.connection(profile)).provider.mcp('key')?.url;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** The first address among an entry's texts, whatever field it stands in. */
export function urlIn(entry: unknown): string | undefined {
  if (typeof entry === 'string') return /^https?:\/\/\S+$/.test(entry) ? entry : undefined;
  if (typeof entry !== 'object' || entry === null) return undefined;
  for (const value of Object.values(entry)) {
    const found = urlIn(value);
    if (found !== undefined) return found;
  }
  return undefined;
}
