/** What the files of src/ import, read from their text. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, sep } from 'node:path';

export interface Import {
  /** Path below src/ (`stores/age.ts`), or a package's name. */
  readonly target: string;
  readonly isOwn: boolean;
  readonly isType: boolean;
  readonly isLazy: boolean;
}

export interface SourceFile {
  /** Path below src/. */
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  readonly imports: readonly Import[];
}

const src = join(import.meta.dirname, '../../src');

export function readSources(): SourceFile[] {
  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .map((path) => readSource(path.split(sep).join('/')))
    .sort((a, b) => a.path.localeCompare(b.path));
}

function readSource(path: string): SourceFile {
  const text = readFileSync(join(src, path), 'utf8');
  return { path, text, lines: text.trimEnd().split('\n').length, imports: [...importsOf(path, text)] };
}

function* importsOf(path: string, text: string): Generator<Import> {
  const from =
    /^(?:import|export)\s+(?:(type\s+)?(\*(?:\s+as\s+\w+)?|\{[^}]*\}|\w+(?:,\s*\{[^}]*\})?)\s+from\s+)?'([^']+)'/gm;
  for (const [, type, names = '', target = ''] of text.matchAll(from)) {
    yield found(path, target, type !== undefined || onlyTypes(names), false);
  }
  // `typeof import('x')` is a type and loads nothing.
  for (const [, before, target = ''] of text.matchAll(/(typeof\s+)?\bimport\(\s*['"]([^'"]+)['"]/g)) {
    yield found(path, target, before !== undefined, true);
  }
}

/** `{ type A, type B }` */
function onlyTypes(names: string): boolean {
  const list = /^\{([\s\S]*)\}$/
    .exec(names.trim())?.[1]
    ?.split(',')
    .map((name) => name.trim());
  return list?.every((name) => name === '' || name.startsWith('type ')) ?? false;
}

function found(path: string, target: string, isType: boolean, isLazy: boolean): Import {
  const isOwn = target.startsWith('.');
  const own = posix.normalize(posix.join(dirname(path), target));
  const name = target.startsWith('@') ? target.split('/').slice(0, 2).join('/') : target.split('/')[0];
  return { target: isOwn ? own : target.startsWith('node:') ? target : (name ?? target), isOwn, isType, isLazy };
}

/** Own files that are loaded with `path` at once, itself included. */
export function loadedWith(path: string, sources: readonly SourceFile[]): Set<string> {
  const seen = new Set<string>();
  const visit = (at: string): void => {
    if (seen.has(at)) return;
    seen.add(at);
    const file = sources.find((source) => source.path === at);
    for (const { target, isOwn, isType, isLazy } of file?.imports ?? []) if (isOwn && !isType && !isLazy) visit(target);
  };
  visit(path);
  return seen;
}
