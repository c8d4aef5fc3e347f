/** Plain data before and after an edit, to check the edit by. */
import type { KeyPath, TablePlace } from './types.ts';

type Table = Readonly<Record<string, unknown>>;

export const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const memberOf = (data: unknown, key: string): unknown =>
  isTable(data) && Object.hasOwn(data, key) ? data[key] : undefined;

const isNamed = (item: unknown, { named }: TablePlace, name: string): boolean =>
  named !== undefined && memberOf(item, named) === name;

export function entryOf(data: unknown, at: TablePlace, name: string): unknown {
  const servers = at.servers.reduce(memberOf, data);
  if (at.named === undefined) return memberOf(servers, name);
  return Array.isArray(servers) ? servers.find((item) => isNamed(item, at, name)) : undefined;
}

export function withoutEntry(data: unknown, at: TablePlace, name: string): unknown {
  const [key, ...rest] = at.servers;
  if (key === undefined) {
    if (at.named === undefined) return withoutMember(data, name);
    return Array.isArray(data) ? data.filter((item) => !isNamed(item, at, name)) : data;
  }
  if (!isTable(data) || !Object.hasOwn(data, key)) return data;
  return { ...data, [key]: withoutEntry(data[key], { ...at, servers: rest }, name) };
}

function withoutMember(data: unknown, name: string): unknown {
  if (!isTable(data) || !Object.hasOwn(data, name)) return data;
  return Object.fromEntries(Object.entries(data).filter(([key]) => key !== name));
}

/** The name of the item at `index` of a list whose items name themselves. */
export function nameAt(data: unknown, { servers, named }: TablePlace, index: string): string | undefined {
  const list = servers.reduce(memberOf, data);
  const item: unknown = Array.isArray(list) ? list[Number(index)] : undefined;
  const name = named === undefined ? undefined : memberOf(item, named);
  return typeof name === 'string' ? name : undefined;
}

/** Paths of tables and of members that are none. */
export const entryPath = (path: KeyPath): { at: TablePlace; name: string } => ({
  at: { servers: path.slice(0, -1) },
  name: path.at(-1) ?? '',
});

/** Without the tables on the way to the servers that hold nothing: a format may not be able to say that they are there. */
export function withoutEmpty(data: unknown, [key, ...rest]: KeyPath): unknown {
  if (key === undefined || !isTable(data) || !Object.hasOwn(data, key)) return data;
  const inner = withoutEmpty(data[key], rest);
  return isEmpty(inner) ? withoutMember(data, key) : { ...data, [key]: inner };
}

const isEmpty = (value: unknown): boolean =>
  value === null || (typeof value === 'object' && !(value instanceof Date) && Object.keys(value).length === 0);

/** Equal whatever the order of members and the prototypes. */
export function isSame(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, index) => isSame(item, b[index]))
    );
  }
  if (!isTable(a) || !isTable(b)) return Object.is(a, b);
  if (a instanceof Date || b instanceof Date) {
    return a instanceof Date && b instanceof Date && a.toISOString() === b.toISOString();
  }
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isSame(a[key], b[key]));
}
