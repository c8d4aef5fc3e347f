/** Plain data before and after an edit, to check the edit by. */
import type { KeyPath } from './types.ts';

type Table = Readonly<Record<string, unknown>>;

const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const tableAt = (data: unknown, key: string): unknown =>
  isTable(data) && Object.hasOwn(data, key) ? data[key] : undefined;

export function withEntry(data: unknown, path: KeyPath, value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  return { ...(isTable(data) ? data : {}), [key]: withEntry(tableAt(data, key), rest, value) };
}

export function withoutEntry(data: unknown, path: KeyPath): unknown {
  const [key, ...rest] = path;
  if (key === undefined || !isTable(data) || !Object.hasOwn(data, key)) return data;
  const others = Object.entries(data).filter(([name]) => name !== key);
  return rest.length === 0
    ? Object.fromEntries(others)
    : Object.fromEntries([...others, [key, withoutEntry(data[key], rest)]]);
}

/** Equal whatever the order of members and the prototypes. */
export function isSame(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, index) => isSame(item, b[index]))
    );
  }
  if (!isTable(a) || !isTable(b)) return Object.is(a, b);
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isSame(a[key], b[key]));
}
