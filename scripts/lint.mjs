/** What no linter knows of this repository: pins, the lock file, links in the docs, shell scripts. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const faults = [];
const text = (path) => readFileSync(join(root, path), 'utf8');
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '' && existsSync(join(root, path)));

checkPins();
checkLock();
for (const path of files.filter((file) => file.endsWith('.md'))) checkLinks(path);
for (const path of files.filter((file) => /\.(bash|sh)$|^\.ci\//.test(file))) checkShell(path);
for (const path of files.filter((file) => /\.(ts|mjs|js|md|json|bash|fish|ps1)$/.test(file))) checkText(path);

for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;

/** Exact versions: the newest of some packages do not run on the oldest Node that we support. */
function checkPins() {
  const { dependencies, devDependencies } = JSON.parse(text('package.json'));
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
    if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) faults.push(`package.json: ${name} is not pinned (${version})`);
  }
}

function checkLock() {
  if (/"resolved": *"https?:/.test(text('package-lock.json'))) faults.push('package-lock.json names a registry host');
}

/** Relative links must lead to a file, and anchors to a heading. */
function checkLinks(path) {
  for (const [, target = ''] of text(path)
    .replace(/```[\s\S]*?```/g, '')
    .matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/i.test(target)) continue;
    const [file = '', anchor] = target.split('#');
    const found = file === '' ? path : join(dirname(path), file);
    if (!existsSync(join(root, found))) faults.push(`${path}: link to ${target}, which is not there`);
    else if (anchor !== undefined && found.endsWith('.md') && !anchors(found).has(anchor)) {
      faults.push(`${path}: link to ${target}, which has no such heading`);
    }
  }
}

function anchors(path) {
  const headings = [...text(path).matchAll(/^#+ +(.*)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  );
}

function checkShell(path) {
  const { status, stderr } = spawnSync('bash', ['-n', join(root, path)], { encoding: 'utf8' });
  if (status !== 0) faults.push(`${path}: ${stderr.trim()}`);
}

function checkText(path) {
  const content = text(path);
  if (content.includes('\r') && !path.startsWith('test/fixtures/')) faults.push(`${path}: carriage returns`);
  if (/^(<{7} |>{7} |={7}$)/m.test(content)) faults.push(`${path}: a conflict marker`);
}
