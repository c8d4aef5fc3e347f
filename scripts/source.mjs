/** Loads a module of src/, which is TypeScript, into plain Node. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { raw, root } from './build.mjs';

/** The module at `path`, relative to the root. The bundle is gone when this resolves: nothing in it loads lazily. */
export async function loadSource(path) {
  const parent = join(root, '.build');
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, 'source-'));
  try {
    const bundle = await rolldown({
      cwd: root,
      input: join(root, path),
      platform: 'node',
      external: (id) => !/^(\.|\/|[A-Z]:|\0)/i.test(id),
      plugins: [raw],
      logLevel: 'silent',
    });
    const file = join(folder, 'module.mjs');
    await bundle.write({ file, format: 'esm', codeSplitting: false });
    await bundle.close();
    return await import(pathToFileURL(file).href);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
