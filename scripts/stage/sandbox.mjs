/** Loads test/sandbox, which is TypeScript, into plain Node: bundled below .build/, where the installed packages are found. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A new folder below .build/ that nobody else uses. */
export async function workshop(name) {
  const parent = join(root, '.build');
  await mkdir(parent, { recursive: true });
  return mkdtemp(join(parent, `${name}-`));
}

/** The sandbox's module; the folder of its bundle is gone when this resolves. */
export async function loadSandbox() {
  const folder = await workshop('sandbox');
  try {
    const bundle = await rolldown({
      cwd: root,
      input: join(root, 'test/sandbox/index.ts'),
      platform: 'node',
      external: (id) => !/^(\.|\/|[A-Z]:)/i.test(id),
      logLevel: 'warn',
    });
    const file = join(folder, 'sandbox.mjs');
    await bundle.write({ file, format: 'esm', codeSplitting: false });
    await bundle.close();
    return await import(pathToFileURL(file).href);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
