import { expect, test } from 'vitest';
import { lastWords } from '../../src/system/lastwords.ts';

const node = [
  '/srv/acme/index.js:3',
  '  throw new Error("BRAVE_API_KEY is missing");',
  '  ^',
  '',
  'Error: BRAVE_API_KEY is missing',
  '    at Object.<anonymous> (/srv/acme/index.js:3:9)',
  '    at Module._compile (node:internal/modules/cjs/loader:1554:14) {',
  "  code: 'ERR_ACME'",
  '}',
  '',
  'Node.js v20.19.0',
  '',
];
const python = [
  'Traceback (most recent call last):',
  '  File "/srv/acme/server.py", line 4, in load',
  "KeyError: 'ACME'",
  '',
  'During handling of the above exception, another exception occurred:',
  '',
  'Traceback (most recent call last):',
  '  File "/srv/acme/server.py", line 9, in <module>',
  'acme.errors.ConfigError: ACME is not set',
];
const npm = [
  'npm warn Unknown user config "x".',
  'npm error code E404',
  'npm error 404 Not Found - GET https://registry.example/@acme%2fmcp - Not found',
  "npm error 404  '@acme/mcp@*' is not in this registry.",
  'npm error A complete log of this run can be found in: /home/ann/.npm/_logs/1.log',
];

test.each([
  ['an uncaught error of Node', node, 'Error: BRAVE_API_KEY is missing'],
  ['one with a code', ['Error [ERR_MODULE_NOT_FOUND]: Cannot find module', ...node.slice(5)], /^Error \[ERR_M/],
  ['the last of a chain in Python', python, 'acme.errors.ConfigError: ACME is not set'],
  ['npm that finds no package', npm, 'npm error 404 Not Found - GET https://registry.example/@acme%2fmcp - Not found'],
  [
    'mcpkey itself',
    ['note', 'error: stock/ci was revoked.', 'hint: mcpkey create', 'more: …'],
    'stock/ci was revoked.',
  ],
  ['a word among others', ['acme 1.0', 'acme: the API key is invalid', 'bye'], 'acme: the API key is invalid'],
  ['a Windows line end', ['TypeError: no\r', '    at x (y:1:1)\r', ''], 'TypeError: no'],
  ['nothing that tells', ['acme 1.0', 'bye', ''], 'bye'],
  ['nothing at all', [''], ''],
  ['a very long line', [`Error: ${'x'.repeat(900)}`], /^Error: x{293}…$/],
])('%s', (_what, lines, told) => {
  if (typeof told === 'string') expect(lastWords(lines.join('\n'))).toBe(told);
  else expect(lastWords(lines.join('\n'))).toMatch(told);
});
