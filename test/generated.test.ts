import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { generate } from '../scripts/generate.mjs';

const root = join(import.meta.dirname, '..');

test('what is generated is what the source says now (npm run generate)', { timeout: 60_000 }, async () => {
  const stale: string[] = [];
  const generated = await generate();
  for (const [path, text] of generated) {
    const written = await readFile(join(root, path), 'utf8').catch(() => undefined);
    if (written !== text) stale.push(path);
  }
  // A page whose subject is gone.
  const folders = new Set([...generated.keys()].map((path) => dirname(path)).filter((path) => /^docs\/./.test(path)));
  for (const folder of folders) {
    const names = await readdir(join(root, folder));
    stale.push(...names.map((name) => `${folder}/${name}`).filter((path) => !generated.has(path)));
  }
  expect(stale).toEqual([]);
});
