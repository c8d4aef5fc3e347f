/** What a client calls the parts of an entry, read off one that is made for it. */
import type { Client, EntryRequest, EntrySite } from '../../clients/types.ts';
import { UserError } from '../../errors.ts';
import { isObject } from '../../proxy/message.ts';

export interface Fields {
  readonly url: string | undefined;
  readonly headers: string | undefined;
  readonly command: string | undefined;
  readonly env: string | undefined;
}

const URL_MARK = 'https://mark.invalid/';
const MARK = 'mark';

/** Undefined for what the client does not take. A field below others is told with a dot. */
export function fieldsOf(client: Client, platform: NodeJS.Platform): Fields {
  const site: EntrySite = { server: MARK, platform, scope: 'user', file: undefined };
  const remote = made(client, { mode: 'plain', url: URL_MARK, headers: { [MARK]: MARK } }, site);
  const local = made(client, { mode: 'proxy', run: { command: MARK, args: [], env: { [MARK]: MARK } } }, site);
  return {
    url: pathTo(remote, (value) => value === URL_MARK),
    headers: pathTo(remote, hasMark),
    command: pathTo(local, (value) => value === MARK || (Array.isArray(value) && value[0] === MARK)),
    env: pathTo(local, hasMark),
  };
}

const hasMark = (value: unknown): boolean => isObject(value) && value[MARK] === MARK;

function made(client: Client, request: EntryRequest, site: EntrySite): unknown {
  try {
    return client.entry(request, site);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

function pathTo(value: unknown, isMeant: (value: unknown) => boolean): string | undefined {
  if (!isObject(value)) return undefined;
  for (const [name, each] of Object.entries(value)) {
    if (isMeant(each)) return name;
    const below = pathTo(each, isMeant);
    if (below !== undefined) return `${name}.${below}`;
  }
  return undefined;
}
