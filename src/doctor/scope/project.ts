/** What the current folder's mcpkey.json wants of the keys that are placed in it. */
import { join } from 'node:path';
import { UserError } from '../../errors.ts';
import { refOf } from '../../keys/refs.ts';
import type { KeyRecord } from '../../ledger.ts';
import { isObject } from '../../proxy/message.ts';
import { readText } from '../../system/files.ts';
import { parseOwnJson } from '../../system/json.ts';
import type { Scope } from '../types.ts';

/** Scopes that the file names for the servers which this key is placed as; none where there is no such file. */
export async function wantedScopes(scope: Scope, record: KeyRecord): Promise<readonly string[]> {
  const servers = await readServers(scope);
  const ref = refOf(record);
  const names = (await scope.placements())
    .filter(({ owned }) => owned.ref === ref && [null, scope.context.cwd].includes(owned.placement.dir))
    .map(({ owned }) => owned.placement.server);
  return [...new Set(names)].flatMap((name) => scopesOf(servers[name]));
}

async function readServers({ context }: Scope): Promise<Readonly<Record<string, unknown>>> {
  const path = join(context.cwd, 'mcpkey.json');
  const text = await readText(path);
  if (text === undefined) return {};
  try {
    const document = parseOwnJson(text, path);
    return isObject(document) && isObject(document.servers) ? { ...document.servers } : {};
  } catch (error) {
    // `mcpkey up` tells of it.
    if (error instanceof UserError) return {};
    throw error;
  }
}

function scopesOf(server: unknown): readonly string[] {
  if (!isObject(server) || !Array.isArray(server.scopes)) return [];
  return server.scopes.filter((each: unknown): each is string => typeof each === 'string');
}
