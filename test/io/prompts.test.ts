/** Questions on a real terminal: hidden, on stderr, and ended by Ctrl-C. */
import { beforeAll, expect, test } from 'vitest';
import { createHome, type Home, mcpkey } from '../helpers/cli.ts';
import { CTRL_C, ENTER, ESC, terminal } from '../helpers/terminal.ts';

let home: Home;
beforeAll(async () => {
  home = await createHome();
  const words = ['profile', 'add', 'generic', '-p', 'mine', '--mcp-url', 'http://127.0.0.1:9/mcp'];
  const { code, stderr } = await mcpkey(words, { home });
  expect(code, stderr).toBe(0);
});

test('a key that is typed is not shown', async () => {
  const value = ['typed', 'on', 'a', 'terminal'].join('-');
  const asked = terminal(['import', 'ci', '--timeout', '1s'], { home });
  await asked.shows(/not shown/);
  asked.type(value + ENTER);
  expect(await asked.ended).not.toBe(0);
  expect(asked.text).not.toContain(value);
});

test('Ctrl-C at a question ends with 130 and leaves nothing', async () => {
  const asked = terminal(['import', 'ci'], { home });
  await asked.shows(/not shown/);
  asked.type(CTRL_C);
  expect(await asked.ended).toBe(130);
  expect(asked.text).toContain('interrupted');
  expect((await mcpkey(['list', '--local', '--json'], { home })).stdout).toBe('[]\n');
});

test('Esc leaves a question as Ctrl-C does', async () => {
  const asked = terminal(['import', 'ci'], { home });
  await asked.shows(/not shown/);
  asked.type(ESC);
  expect(await asked.ended, asked.text).toBe(130);
  expect(asked.text).toContain('interrupted');
  expect((await mcpkey(['list', '--local', '--json'], { home })).stdout).toBe('[]\n');
});

test('an arrow key, which begins as Esc does, leaves nothing', async () => {
  const asked = terminal(['import', 'ci', '--timeout', '1s'], { home });
  await asked.shows(/not shown/);
  asked.type('\u001b[D');
  asked.type(`${['typed', 'after', 'an', 'arrow'].join('-')}${ENTER}`);
  expect(await asked.ended).not.toBe(130);
});

test('--no-input asks nothing, also on a terminal', async () => {
  const asked = terminal(['import', 'ci', '--no-input'], { home });
  expect(await asked.ended).toBe(2);
});
