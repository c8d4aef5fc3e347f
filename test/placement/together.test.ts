/** Two processes, each with an MCPKEY_HOME of its own, that change one and the same file. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { unplaceKey } from '../../src/placement/unplace.ts';
import { bundleScript, startScript } from '../helpers/script.ts';
import { createPlacingMachine } from './machine.ts';

/** Placements by each process. */
const ROUNDS = 100;
const BEFORE = '{\n  // theirs\n  "theirs": 1\n}\n';

it('two processes that place into one file at once, a hundred times, lose nothing and leave nothing', {
  timeout: 180_000,
}, async () => {
  const one = await createPlacingMachine();
  const { dir, env, root } = one.home;
  const other = await createPlacingMachine({ HOME: dir, TMPDIR: env.TMPDIR ?? '' });
  const machines = [one, other];
  for (const machine of machines) await machine.key({ name: 'stock' });
  await one.home.write('.cursor/mcp.json', BEFORE);
  const script = await bundleScript('test/scripts/place-often.ts');
  const running = machines.map((machine, index) =>
    startScript(script, ['stock/ci', 'cursor', `server-${index}`, String(ROUNDS)], machine.home.env),
  );
  let looks = 0;
  let over = false;
  const ended = Promise.all(running.map((each) => each.ended)).finally(() => {
    over = true;
  });
  await Promise.all(running.map((each) => each.printed('ready')));
  // Whoever reads meanwhile sees a whole file with what is theirs in it.
  for (; !over; looks += 1) {
    const text = await one.home.read('.cursor/mcp.json');
    expect(JSON.parse(text.replace('// theirs', '')).theirs).toBe(1);
    await new Promise((done) => setTimeout(done, 5));
  }
  expect(await ended, running.map((each) => each.output()).join('\n')).toEqual([0, 0]);
  expect(looks).toBeGreaterThan(20);
  const text = await one.home.read('.cursor/mcp.json');
  expect(Object.keys(JSON.parse(text.replace('// theirs', '')).mcpServers).sort()).toEqual(['server-0', 'server-1']);
  for (const machine of machines) await unplaceKey(await machine.fresh(), { profile: 'stock', name: 'ci' });
  // Neither home knows which of them made the table, so that may stay; no entry does, and all that is theirs does.
  const after = await one.home.read('.cursor/mcp.json');
  expect(after.replace(/,\s*"mcpServers": \{\s*\}/, '')).toBe(BEFORE);
  expect(await readdir(join(dir, '.cursor'))).toEqual(['mcp.json']);
  const locks = await readdir(join(root, 'tmp'), { recursive: true });
  expect(locks.filter((name) => name.endsWith('.lock'))).toEqual([]);
});
