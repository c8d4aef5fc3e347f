/** Edits of JSON files by hand, as people and other programs make them. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Sets what lies at `keys`; a missing file is made. `undefined` takes it out. */
export async function setIn(path: string, keys: readonly string[], value: unknown): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => '{}');
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(put(JSON.parse(text), keys, value), null, 2)}\n`);
}

function put(document: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const members = new Map(Object.entries(typeof document === 'object' && document !== null ? document : {}));
  const next = put(members.get(key), rest, value);
  if (next === undefined) members.delete(key);
  else members.set(key, next);
  return Object.fromEntries(members);
}
