#!/usr/bin/env node
import module from 'node:module';

// Node 22 and later keep compiled code; Node 20 has no such call.
module.enableCompileCache?.();
const { main } = await import('../dist/cli.js');
process.exitCode = await main(process);
