import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { call } from './call.ts';

const PLACES = z.object({
  person: z.object({ email: z.string(), password: z.string() }),
  'stock-data': z.object({ url: z.string() }),
});

it('npm run sandbox serves until it is interrupted', async () => {
  const child = spawn(process.execPath, ['scripts/sandbox.mjs', '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const [line] = await Promise.race([once(child.stdout, 'data'), ended]);
  const places = PLACES.parse(JSON.parse(String(line)));
  const login = await call(`${places['stock-data'].url}/api/auth/login`, { json: places.person });
  expect(login.status).toBe(200);
  child.kill('SIGINT');
  expect(await ended).toEqual([0, null]);
});
