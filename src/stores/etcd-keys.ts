/** What is read from and written to etcd: keys with revisions, and writes that hold only while something is as it was. */
import { UserError } from '../errors.ts';
import type { EtcdClient } from './etcd-client.ts';

/** Everything of ours in etcd is below it; a role needs this range and no other. */
export const PREFIX = 'mcpkey/';

export interface EtcdItem {
  readonly key: string;
  readonly value: Buffer;
  /** Of the last write. */
  readonly revision: string;
}

/** A key that must still be the one that was made at `revision` (`0`: must not be). */
export interface EtcdCondition {
  readonly key: string;
  readonly created?: string;
  readonly revision?: string;
}

export interface EtcdWrite {
  readonly key: string;
  /** Undefined: deleted. */
  readonly value: Uint8Array | undefined;
  readonly lease?: string;
}

export interface EtcdOutcome {
  readonly done: boolean;
  /** Of the cluster, after the write. */
  readonly revision: string;
  /** Whether the deleted key was there. */
  readonly deleted: boolean;
}

/** Many documents come in several answers, each of them bounded. */
const PAGE = 500;

const encode = (text: string | Uint8Array): string => Buffer.from(text).toString('base64');
const decode = (text: unknown): Buffer => Buffer.from(typeof text === 'string' ? text : '', 'base64');
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '0');

type Fields = Readonly<Record<string, unknown>>;
const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? { ...value } : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export async function readItem(client: EtcdClient, key: string): Promise<EtcdItem | undefined> {
  const answer = await client.call('/v3/kv/range', { key: encode(key) });
  const [item] = itemsOf(answer);
  return item;
}

/** Everything below `prefix`, as it was at one moment. */
export async function readItems(client: EtcdClient, prefix: string, keysOnly = false): Promise<readonly EtcdItem[]> {
  const items: EtcdItem[] = [];
  const end = encode(afterPrefix(prefix));
  let from = encode(prefix);
  let at: Fields = {};
  for (;;) {
    const answer = await client.call('/v3/kv/range', {
      key: from,
      range_end: end,
      limit: String(PAGE),
      sort_target: 'KEY',
      sort_order: 'ASCEND',
      ...(keysOnly ? { keys_only: true } : {}),
      ...at,
    });
    const page = itemsOf(answer);
    items.push(...page);
    const last = page.at(-1);
    if (answer.more !== true || !last) return items;
    from = encode(`${last.key}\0`);
    at = { revision: textOf(fieldsOf(answer.header).revision) };
  }
}

function itemsOf(answer: Fields): readonly EtcdItem[] {
  return listOf(answer.kvs).map((each) => {
    const { key, value, mod_revision } = fieldsOf(each);
    if (typeof key !== 'string' || typeof mod_revision !== 'string') throw unexpected();
    return { key: decode(key).toString('utf8'), value: decode(value), revision: mod_revision };
  });
}

/** The write and all of its conditions at once, or nothing. */
export async function writeItem(
  client: EtcdClient,
  write: EtcdWrite,
  conditions: readonly EtcdCondition[],
): Promise<EtcdOutcome> {
  const answer = await client.call('/v3/kv/txn', {
    compare: conditions.map(comparison),
    success: [operation(write)],
    failure: [],
  });
  const [first] = listOf(answer.responses);
  const { deleted } = fieldsOf(fieldsOf(first).response_delete_range);
  return {
    done: answer.succeeded === true,
    revision: textOf(fieldsOf(answer.header).revision),
    deleted: textOf(deleted) !== '0',
  };
}

function comparison({ key, created, revision }: EtcdCondition): Fields {
  const field =
    created === undefined ? { target: 'MOD', mod_revision: revision } : { target: 'CREATE', create_revision: created };
  return { key: encode(key), result: 'EQUAL', ...field };
}

function operation({ key, value, lease }: EtcdWrite): Fields {
  if (value === undefined) return { request_delete_range: { key: encode(key) } };
  return { request_put: { key: encode(key), value: encode(value), ...(lease === undefined ? {} : { lease }) } };
}

/** The first key behind all that begin with `prefix`, which ends in ASCII. */
function afterPrefix(prefix: string): string {
  const last = prefix.length - 1;
  return prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1);
}

const unexpected = (): UserError =>
  new UserError('store_unavailable', 'What answers at MCPKEY_ETCD_ENDPOINTS is no etcd (v3, JSON gateway).');
