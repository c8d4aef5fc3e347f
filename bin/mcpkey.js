#!/usr/bin/env node
const { stat } = require('node:fs');
const { enableCompileCache } = require('node:module');

// Node keeps four threads for files, each of which waits for a flush to the disk: many keys at once want more. It looks at
// this when the first of them starts, which in an ES module on Node 20 they have; programs that mcpkey starts never see it.
if (process.env.UV_THREADPOOL_SIZE === undefined) {
  process.env.UV_THREADPOOL_SIZE = '16';
  stat('/', () => undefined);
  delete process.env.UV_THREADPOOL_SIZE;
}
// Node 22 and later keep compiled code; Node 20 has no such call.
enableCompileCache?.();
import('../dist/cli.js').then(async ({ main }) => {
  process.exitCode = await main(process);
});
