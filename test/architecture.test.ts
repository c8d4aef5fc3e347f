/** The house rules, as CONTRIBUTING.md tells them: who may import whom, how long a file may be, what loads with what. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { program } from './helpers/cli.ts';
import { type Import, loadedWith, readSources, type SourceFile } from './helpers/source.ts';

const sources = readSources();

/** May be imported from anywhere: values without effects, and the seams' contracts. */
const COMMON =
  /^(errors|secret|duration|nearest|origins|once|typed|version)\.ts$|(^|\/)types\.ts$|^providers\/manifest(-\w+)?\.ts$/;
const ENGINE =
  /^(adopt|api|doctor|enrol|exec|keys|ledger|overview|placement|plugins|project|proxy|rotation|schedule|session|shared|usage|vault)\//;
const SEAMS = ['providers', 'auth', 'stores', 'clients'];
/** The concrete ones, which only a seam's own table names. */
const MEMBERS = new Set(
  sources
    .filter(({ path }) => SEAMS.some((seam) => path === `${seam}/index.ts`))
    .flatMap((table) =>
      table.imports.filter(
        ({ isOwn, isType, isLazy }) => isOwn && !isType && (isLazy || table.path === 'clients/index.ts'),
      ),
    )
    .map(({ target }) => target),
);

/** By place: what its files may load besides COMMON and each other. Type imports are free. */
const ROOMS: readonly { room: RegExp; may: (target: string) => boolean }[] = [
  { room: /^commands\//, may: (target) => ENGINE.test(target) || COMMAND_PARTS.test(target) },
  { room: ENGINE, may: (target) => !MEMBERS.has(target) && !ABOVE_ENGINES.test(target) },
  { room: /^views\//, may: (target) => ENGINE.test(target) || /^(command|options)\.ts$/.test(target) },
  { room: /^providers\//, may: () => false },
  { room: /^auth\//, may: (target) => target.startsWith('system/') },
  { room: /^stores\//, may: (target) => target.startsWith('system/') },
  { room: /^clients\//, may: (target) => target === 'system/paths.ts' },
  { room: /^system\//, may: () => false },
  { room: /^io\//, may: () => false },
];
const COMMAND_PARTS =
  /^(choices|command|complete|help|options|profiles|words)\.ts$|^(help|views)\/|^\.\.\/completions\//;
const ABOVE_ENGINES =
  /^(commands|views|io|help)\/|^(command|commandline|failure|help|main|options|setup|start|words)\.ts$/;

describe('imports', () => {
  test('every folder of src is a room', () => {
    const folders = new Set(
      sources.filter(({ path }) => path.includes('/')).map(({ path }) => `${path.split('/')[0]}/`),
    );
    const known = [...ROOMS.map(({ room }) => room), /^help\//];
    expect([...folders].filter((folder) => !known.some((room) => room.test(folder)))).toEqual([]);
  });

  test('seams have members to keep apart', () => expect(MEMBERS.size).toBeGreaterThan(12));

  for (const { room, may } of ROOMS) {
    test(`files in ${room.source} import what they may`, () => {
      const wrong = sources
        .filter(({ path }) => room.test(path))
        .flatMap((file) => ownImports(file).map(({ target }) => ({ file: file.path, target })))
        .filter(({ target }) => !room.test(target) && !COMMON.test(target) && !may(target))
        .map(({ file, target }) => `${file} → ${target}`);
      expect(wrong).toEqual([]);
    });
  }

  test('a command imports no other command', () => {
    const wrong = sources
      .filter(({ path }) => path.startsWith('commands/') && path !== 'commands/index.ts')
      .flatMap((file) => ownImports(file).map(({ target }) => `${file.path} → ${target}`))
      .filter((line) => / → commands\//.test(line) && !line.endsWith('commands/index.ts'));
    expect(wrong).toEqual([]);
  });

  test('the context is built by start alone', () => {
    const importers = sources.filter((file) => ownImports(file).some(({ target }) => target === 'setup.ts'));
    expect(importers.map(({ path }) => path)).toEqual(['start.ts']);
  });

  /** Each package has one home, so that it can be replaced there. */
  const HOMES: Readonly<Record<string, RegExp>> = {
    '@inquirer/prompts': /^io\//,
    '@napi-rs/keyring': /^stores\//,
    'age-encryption': /^(stores\/age|placement\/seals)/,
    chalk: /^io\//,
    commander: /^optionparser\.ts$/,
    conf: /^profilefile\.ts$/,
    'jsonc-parser': /^clients\/formats\//,
    'smol-toml': /^clients\/formats\//,
    'toml-eslint-parser': /^clients\/formats\//,
    yaml: /^clients\/formats\//,
    oauth4webapi: /^auth\//,
    open: /^system\//,
    'openid-client': /^auth\//,
    undici: /^system\//,
  };
  test.each(Object.entries(HOMES))('%s stays in its home', (name, home) => {
    const importers = sources.filter((file) => file.imports.some(({ target, isType }) => target === name && !isType));
    expect(importers.map(({ path }) => path).filter((path) => !home.test(path))).toEqual([]);
  });
});

describe('what loads with what', () => {
  const LARGE_PARSERS = ['smol-toml', 'toml-eslint-parser', 'yaml'];
  const HEAVY = ['@inquirer/prompts', '@napi-rs/keyring', 'age-encryption', 'chalk', 'conf'];
  const LATE = new Set([...HEAVY, 'oauth4webapi', 'open', 'openid-client', 'undici', 'uqr', ...LARGE_PARSERS]);
  const entries = ['start.ts', ...sources.map(({ path }) => path).filter((path) => path.startsWith('commands/'))];

  test.each(entries)('%s loads no heavy package at once', (entry) => {
    const together = loadedWith(entry, sources);
    const heavy = sources
      .filter(({ path }) => together.has(path))
      .flatMap((file) => atOnce(file).map(({ target }) => ({ path: file.path, target })))
      .filter(({ target }) => LATE.has(target))
      .map(({ path, target }) => `${path} → ${target}`);
    expect(heavy).toEqual([]);
  });

  test('the entry is at most 60 KB, with all that loads with it', () => {
    program();
    const dist = join(inject('built'), 'dist');
    expect(staticSize(dist, 'cli.js')).toBeLessThanOrEqual(60 * 1024);
  });

  test('each command is a chunk of its own', () => {
    program();
    const chunks = readdirSync(join(inject('built'), 'dist/c'));
    expect(chunks).toEqual(expect.arrayContaining(['create.js', 'place.js', 'proxy.js', 'optionparser.js']));
  });
});

describe('form', () => {
  /** Text of a program of its own. */
  const EMITTED = new Set(['placement/launcher-script.ts']);
  /** Longer for a reason: tables of data, or one contract that is read as a whole. */
  const LONG = new Set([
    'help/error-pages.ts',
    'providers/manifest.ts',
    'providers/manifest-http.ts',
    'providers/schema.ts',
    'providers/types.ts',
  ]);
  test('a file has at most 200 lines', () => {
    const long = sources.filter(({ path, lines }) => lines > 200 && !LONG.has(path) && !isData(path));
    expect(long.map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
  });

  test('names say something', () => {
    // A store's file is called as its id is, and docker calls such programs credential helpers.
    const paths = sources.map(({ path }) => path).filter((path) => path !== 'stores/helper.ts');
    expect(paths.filter((path) => /(util|helper|common|misc|manager)/i.test(path))).toEqual([]);
  });

  test.each([
    ['the process is ended by nothing but its own end', /process\.exit\(/],
    ['no type is switched off', /@ts-(ignore|nocheck|expect-error)|\bas any\b/],
    ['no loose ends', /\b(TODO|FIXME|XXX)\b/],
    ['nothing is printed past io', /console\.(log|error|warn)\(/],
    [
      'a name in a command to type is quoted for the shell: typed`…`',
      /(?<!typed)`[^`\n]*\bmcpkey [a-z]+ [^`\n]*\$\{(?:\w+[?.]+)*(?:refs?|name|profile|path)\}(?!:)/,
    ],
  ])('%s', (_rule, pattern) => {
    expect(
      sources.filter(({ path, text }) => pattern.test(text) && !EMITTED.has(path)).map(({ path }) => path),
    ).toEqual([]);
  });
});

/** The built-in providers are data. */
const isData = (path: string): boolean => /^providers\/[\w-]+\.ts$/.test(path) && readIsManifest(path);

function readIsManifest(path: string): boolean {
  return sources.find((file) => file.path === path)?.text.includes('satisfies Manifest') ?? false;
}

const ownImports = (file: SourceFile): Import[] => file.imports.filter(({ isOwn, isType }) => isOwn && !isType);
const atOnce = (file: SourceFile): Import[] => file.imports.filter(({ isType, isLazy }) => !isType && !isLazy);

/** Bytes of a built file and of all that it imports statically. */
function staticSize(folder: string, entry: string): number {
  const seen = new Map<string, number>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    const text = readFileSync(path, 'utf8');
    seen.set(path, Buffer.byteLength(text));
    for (const [, target = ''] of text.matchAll(/(?:from|import)\s*["'](\.[^"']+)["']/g))
      visit(join(path, '..', target));
  };
  visit(join(folder, entry));
  return [...seen.values()].reduce((sum, size) => sum + size, 0);
}
