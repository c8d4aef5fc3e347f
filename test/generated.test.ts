import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generate } from '../scripts/generate.mjs';

const root = join(import.meta.dirname, '..');

test('what is generated is what the source says now (npm run generate)', { timeout: 60_000 }, async () => {
  const stale: string[] = [];
  for (const [path, text] of await generate()) {
    const written = await readFile(join(root, path), 'utf8').catch(() => undefined);
    if (written !== text) stale.push(path);
  }
  expect(stale).toEqual([]);
});
