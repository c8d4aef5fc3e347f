/** The licences of the packages whose code is in the published program. Fails on one that is not known to be permissive. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundledModules, root } from './build.mjs';

const PERMISSIVE = new Set([
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  '0BSD',
  'CC0-1.0',
  'BlueOak-1.0.0',
  'MIT OR CC0-1.0',
  'Unlicense',
]);
/** Installed beside the program instead of being bundled into it. */
const INSTALLED = ['@napi-rs/keyring'];

/** Markdown: one section a package, with its licence's text. */
export async function notices() {
  const names = new Set([
    ...INSTALLED,
    ...(await bundledModules()).map(packageOf).filter((name) => name !== undefined),
  ]);
  const parts = ['# Third-party notices', 'The published program holds code of these packages.'];
  for (const name of [...names].sort()) parts.push(await section(name));
  return `${parts.join('\n\n')}\n`;
}

/** `…/node_modules/a/node_modules/@b/c/d.js` → `a/node_modules/@b/c`. */
function packageOf(id) {
  return /node_modules\/((?:@[^/]+\/)?[^/]+(?:\/node_modules\/(?:@[^/]+\/)?[^/]+)*)/.exec(id)?.[1];
}

async function section(name) {
  const folder = join(root, 'node_modules', name);
  const { name: own, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const kind = String(license ?? '').replace(/^\((.*)\)$/, '$1');
  if (!PERMISSIVE.has(kind)) throw new Error(`${own} ${version}: licence "${kind}" is not known here`);
  const file = (await readdir(folder)).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  const text =
    file === undefined ? 'The package holds no licence text.' : (await readFile(join(folder, file), 'utf8')).trim();
  return [`## ${own} ${version} (${kind})`, '', ...text.split('\n').map((line) => `    ${line}`.trimEnd())].join('\n');
}
