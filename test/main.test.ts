import { expect, test } from 'vitest';
import { createHome, mcpkey } from './helpers/cli.ts';

test('runs', async () => {
  const home = await createHome();
  expect(await mcpkey(['--version'], { home })).toMatchObject({ code: 0 });
});
