import { expect, it } from 'vitest';
import { refuseDuplicates } from '../../src/project/duplicates.ts';
import { readProject } from '../../src/project/file.ts';
import { createPlacingMachine } from '../placement/machine.ts';

it.each([
  ['{"name": "a", "name": "b"}', 'line 1, column 15: "name"'],
  ['{"servers": {\n  "a": {"provider": "x"},\r\n  "a": {}}}', 'line 3, column 3: "a"'],
  ['{"a": [{"b": 1}, {"b": 1, "\\u0062": 2}]}', 'line 1, column 27: "b"'],
])('refuses %j', (text, message) => {
  expect(() => refuseDuplicates(text, 'mcpkey.json')).toThrow(message);
});

it('takes one name in several objects, and texts that look like names', () => {
  const text = '{"a": {"a": "a"}, "b": ["a", "a", {"a": ":"}, {"a": "\\"a\\":"}], "c": "{"}';
  expect(() => refuseDuplicates(text, 'mcpkey.json')).not.toThrow();
});

it('is told of a project’s file before anything is done with it', async () => {
  const machine = await createPlacingMachine();
  await machine.home.write('mcpkey.json', '{"servers": {"a": {"provider": "ai2fin"},\n"a": {"provider": "investra"}}}');
  const context = { ...machine.context, cwd: machine.home.dir };
  await expect(readProject(context)).rejects.toMatchObject({
    code: 'bad_config_file',
    message: expect.stringContaining('line 2, column 1: "a" stands here a second time'),
  });
});
