import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { rolldown } from 'rolldown';
import { afterAll } from 'vitest';

const made: string[] = [];

/**
 * Bundles a TypeScript file into one that plain Node runs, for tests that need processes of their own. It lies below the
 * repository, where Node finds the installed packages, and is removed after the test file.
 */
export async function bundleScript(entry: string): Promise<string> {
  await mkdir('.build', { recursive: true });
  const folder = await mkdtemp(resolve('.build', 'script-'));
  made.push(folder);
  const bundle = await rolldown({
    input: entry,
    platform: 'node',
    external: ['@napi-rs/keyring', 'jsonc-parser'],
    logLevel: 'silent',
  });
  const file = join(folder, 'script.mjs');
  await bundle.write({ file, format: 'esm', codeSplitting: false });
  await bundle.close();
  return file;
}

afterAll(async () => {
  for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true });
});

export interface Script {
  readonly child: ChildProcess;
  /** Resolves when the script has printed `line`; fails when it ends before. */
  printed(line: string): Promise<void>;
  /** Resolves to the exit code, or to the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  readonly output: () => string;
}

export function startScript(file: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Script {
  const child = spawn(process.execPath, [file, ...args], { stdio: ['pipe', 'pipe', 'pipe'], env });
  let text = '';
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      for (const look of waiting) look();
    });
  }
  const ended = new Promise<number | NodeJS.Signals>((done) => {
    child.on('close', (code, signal) => done(signal ?? code ?? -1));
  });
  return {
    child,
    ended,
    output: () => text,
    printed: (line) =>
      new Promise((done, fail) => {
        const look = () => {
          if (!text.split('\n').includes(line)) return;
          waiting.delete(look);
          done();
        };
        waiting.add(look);
        void ended.then((how) => fail(new Error(`ended (${how}) without printing ${line}:\n${text}`)));
        look();
      }),
  };
}
