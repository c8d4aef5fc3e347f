/**
 * Bundles src/ into dist/: `cli.js` (the entry, small) and `c/*.js`, loaded when a command needs them.
 *
 *     node scripts/build.mjs              writes dist/
 *     node scripts/build.mjs --out DIR    writes a runnable package (bin, dist, package.json) below DIR
 */
import { execFileSync } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { rolldown } from 'rolldown';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Bundles into `out`/dist and returns the sizes of what was written, by file name. */
export async function build(out = root) {
  const files = await bundle();
  const dist = join(out, 'dist');
  // Only now, so that a build that fails leaves the last one standing.
  await rm(dist, { recursive: true, force: true });
  await mkdir(join(dist, 'c'), { recursive: true });
  for (const { name, text } of files) await writeFile(join(dist, name), text);
  if (out !== root) await addPackage(out);
  return Object.fromEntries(files.map(({ name, text }) => [name, Buffer.byteLength(text)]));
}

/** Paths of all modules whose code is in the bundle. */
export async function bundledModules() {
  return [...new Set((await bundle()).flatMap(({ modules }) => modules))];
}

async function addPackage(out) {
  await mkdir(join(out, 'bin'), { recursive: true });
  for (const file of ['bin/mcpkey.js', 'bin/package.json', 'package.json']) await cp(join(root, file), join(out, file));
}

async function bundle() {
  const graph = await rolldown({
    cwd: root,
    input: { cli: join(root, 'src/main.ts'), index: join(root, 'src/index.ts') },
    platform: 'node',
    // The native keychain stays a package of its own: it holds one binary a platform.
    external: [/^node:/, '@napi-rs/keyring'],
    // jsonc-parser's `main` is UMD, which cannot be bundled.
    resolve: { mainFields: ['module', 'main'] },
    plugins: [raw],
    onLog(level, log, report) {
      if (level === 'warn' && log.code === 'UNRESOLVED_IMPORT') throw new Error(log.message);
      if (!quiet.has(log.code)) report(level, log);
    },
  });
  try {
    const { output } = await graph.generate({
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: 'c/[name].js',
      // Each file costs a program that starts often about half a millisecond: what nearly all need is one.
      codeSplitting: {
        groups: [
          { name: 'core', test: core, priority: 3 },
          { name: loadedWith('base', ['start.ts']), debugName: 'base', priority: 2 },
          {
            name: loadedWith('key', ['keys/credential.ts', 'keys/reveal.ts', 'plugins/load.ts', 'proxy/endpoint.ts']),
            debugName: 'key',
            priority: 1,
          },
        ],
      },
      minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
      comments: { legal: true },
    });
    return output.map((file) => ({
      name: file.fileName,
      text: file.code ?? file.source,
      modules: file.moduleIds ?? [],
    }));
  } finally {
    await graph.close();
  }
}

/** `import text from './file?raw'`, as Vite has it. */
export const raw = {
  name: 'raw',
  resolveId(source, importer) {
    return source.endsWith('?raw') && importer !== undefined ? resolve(dirname(importer), source) : undefined;
  },
  async load(id) {
    if (!id.endsWith('?raw')) return undefined;
    return { code: `export default ${JSON.stringify(await readFile(id.slice(0, -4), 'utf8'))};`, moduleType: 'js' };
  },
};

/** Small modules that nearly every command needs. */
const core =
  /src\/(command|commands\/index|duration|errors|globals|nearest|secret|usageline|version|words|io\/(palette|text))\.ts$|package\.json$/;

/**
 * A group of all that is loaded together with the `entries`. `base` is what every command that runs needs in any case,
 * `key` what leads from a ref to its secret and its provider: programs start those commands often.
 */
function loadedWith(group, entries) {
  return (id, graph) => {
    const together = new Set();
    const visit = (module) => {
      if (together.has(module) || !module.startsWith(join(root, 'src'))) return;
      together.add(module);
      for (const imported of graph.getModuleInfo(module)?.importedIds ?? []) visit(imported);
    };
    for (const entry of entries) visit(join(root, 'src', entry));
    return together.has(id) ? group : null;
  };
}

/** Dependencies' own style, nothing that we could mend. */
const quiet = new Set([
  'CIRCULAR_DEPENDENCY',
  'EVAL',
  'INVALID_ANNOTATION',
  'SHIMMED_EXPORT',
  'INEFFECTIVE_DYNAMIC_IMPORT',
]);

/** The declarations of src/index.ts and of what they name, into `out`/dist. */
export function declare(out = root) {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const options = ['--declaration', '--emitDeclarationOnly', '--noEmit', 'false', '--rootDir', 'src'];
  execFileSync(process.execPath, [compiler, '-p', 'tsconfig.types.json', ...options, '--outDir', join(out, 'dist')], {
    cwd: root,
    stdio: 'inherit',
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({ options: { out: { type: 'string' } } });
  const out = values.out === undefined ? root : resolve(values.out);
  const sizes = await build(out);
  declare(out);
  const total = Object.values(sizes).reduce((sum, size) => sum + size, 0);
  console.log(
    `${Object.keys(sizes).length} files, ${Math.round(total / 1024)} KB; cli.js ${Math.round(sizes['cli.js'] / 1024)} KB`,
  );
}
