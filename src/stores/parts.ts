import { createHash } from 'node:crypto';
import { UserError } from '../errors.ts';
import type { SecretStore } from './types.ts';

type Items = Omit<SecretStore, 'list'>;

/** What stands in an item whose value lies in parts: which of two sets, how many, and the SHA-256 of the whole. */
const HEADER = /^mcpkey-parts ([ab]) (\d+) ([0-9a-f]{64})$/;
const MARKER = 'mcpkey-parts ';

/**
 * `items` for values of any length, where one item holds at most `limit` bytes, counted in UTF-16 and UTF-8 alike.
 * A long value lies in items beside its own. They are written as a second set before the item that names them, so a
 * crash leaves the old value or the new one; what is left over is removed with the next write.
 */
export function splitLong(items: Items, limit: number): Items {
  const partId = (id: string, set: string, number: number) => `${id}#${set}${number}`;

  async function clear(id: string, set: string): Promise<void> {
    for (let number = 1; await items.delete(partId(id, set, number)); number += 1);
  }

  async function writeParts(id: string, set: string, value: string): Promise<string> {
    const parts = cut(value, limit);
    for (const [index, part] of parts.entries()) await items.set(partId(id, set, index + 1), part);
    return `${MARKER}${set} ${parts.length} ${sha256(value)}`;
  }

  return {
    async get(id) {
      const value = await items.get(id);
      const [, set = '', count = '', digest] = (value && HEADER.exec(value)) || [];
      if (digest === undefined) return value;
      let joined = '';
      for (let number = 1; number <= Number(count); number += 1) {
        joined += (await items.get(partId(id, set, number))) ?? '';
      }
      if (sha256(joined) === digest) return joined;
      throw new UserError('store_unavailable', 'A secret is damaged: not all of its parts are in the store.', {
        hint: 'Make the key anew: mcpkey create',
      });
    },
    async set(id, value) {
      const before = HEADER.exec((await items.get(id)) ?? '')?.[1];
      const set = before === 'a' ? 'b' : 'a';
      await clear(id, set);
      const short = size(value) <= limit && !value.startsWith(MARKER);
      await items.set(id, short ? value : await writeParts(id, set, value));
      if (before) await clear(id, before);
    },
    async delete(id) {
      const deleted = await items.delete(id);
      await clear(id, 'a');
      await clear(id, 'b');
      return deleted;
    },
  };
}

/** Between code points: half a surrogate pair does not survive a conversion. */
function cut(value: string, limit: number): readonly string[] {
  const parts: string[] = [];
  let part = '';
  let bytes = 0;
  for (const char of value) {
    if (bytes + size(char) > limit) {
      parts.push(part);
      [part, bytes] = ['', 0];
    }
    part += char;
    bytes += size(char);
  }
  return part === '' ? parts : [...parts, part];
}

/** The larger of the two encodings, character by character, so that a sum of parts never falls short. */
function size(text: string): number {
  let bytes = 0;
  for (const char of text) bytes += Math.max(char.length * 2, Buffer.byteLength(char));
  return bytes;
}

function sha256(value: string): string {
  return createHash('sha256').update(value).digest('hex');
}
