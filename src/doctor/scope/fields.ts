/** What a client calls the parts of an entry, read off one that is made for it. */
import type { Client, ClientFile, EntryRequest, EntrySite } from '../../clients/types.ts';
import { UserError } from '../../errors.ts';
import { isObject } from '../../proxy/message.ts';

export interface Fields {
  readonly url: string | undefined;
  readonly headers: string | undefined;
  readonly command: string | undefined;
  readonly env: string | undefined;
  /** The command has its arguments in it. */
  readonly isList: boolean;
  /** Field and word that tell how a server is reached, `type` and `http`; undefined where the client writes none. */
  readonly remote: Kind | undefined;
  readonly local: Kind | undefined;
}

type Kind = readonly [field: string, word: string];
const KIND_FIELDS = ['type', 'transport'];

const URL_MARK = 'https://mark.invalid/';
const MARK = 'mark';

/** Undefined for what the client does not take. A field below others is told with a dot. */
export function fieldsOf(client: Client, platform: NodeJS.Platform, file?: ClientFile): Fields {
  const site: EntrySite = { server: 'sample', platform, scope: file?.scope ?? 'user', file };
  const remote = made(client, { mode: 'plain', url: URL_MARK, headers: { [MARK]: MARK } }, site);
  const local = made(client, { mode: 'proxy', run: { command: MARK, args: [], env: { [MARK]: MARK } } }, site);
  return {
    url: pathTo(remote, (value) => value === URL_MARK),
    headers: pathTo(remote, hasMark),
    command: pathTo(local, (value) => value === MARK || isMarkedList(value)),
    env: pathTo(local, hasMark),
    isList: isObject(local) && Object.values(local).some(isMarkedList),
    remote: kindIn(remote),
    local: kindIn(local),
  };
}

const isMarkedList = (value: unknown): boolean => Array.isArray(value) && value[0] === MARK;

function kindIn(entry: unknown): Kind | undefined {
  if (!isObject(entry)) return undefined;
  return KIND_FIELDS.flatMap((field): Kind[] => {
    const word = entry[field];
    return typeof word === 'string' ? [[field, word]] : [];
  })[0];
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
