import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { TestProject } from 'vitest/node';
import { build } from '../../scripts/build.mjs';

declare module 'vitest' {
  interface ProvidedContext {
    /** What went wrong while building, or empty. Tests of single modules run all the same. */
    buildError: string;
    /** Folder of the built package: bin/, dist/. */
    built: string;
  }
}

/** Builds the program once a run into a folder of its own, so that runs side by side do not disturb one another. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const built = resolve(join('.build', `test-${process.pid}`));
  let buildError = '';
  try {
    await build(built);
    // Modules that run from the source take the package itself for the program, and copy it where it does not last.
    if (!existsSync('dist')) await build();
  } catch (error) {
    buildError = error instanceof Error ? error.message : String(error);
  }
  project.provide('built', built);
  project.provide('buildError', buildError);
  return () => rm(built, { recursive: true, force: true });
}
