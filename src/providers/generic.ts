import type { Manifest } from './manifest.ts';

/** Any MCP endpoint or local server that wants a key which people get elsewhere. */
export const generic = {
  id: 'generic',
  title: 'MCP server',
  profile: {
    mcpUrl: { example: 'https://mcp.example.com/mcp', summary: 'MCP endpoint' },
    header: { summary: 'Header that carries the key, as NAME or NAME: SCHEME (Authorization: Bearer)' },
    dashboard: { summary: 'Page where keys are made' },
    keyPattern: { summary: 'Regular expression that every key matches' },
    command: { example: "'npx -y @acme/mcp'", summary: 'Command line of a local server' },
    variable: { example: 'ACME_API_KEY', summary: 'The variable in which the local server expects the key' },
    anyOf: [['mcpUrl'], ['command', 'variable']],
  },
  logins: [
    { method: 'web', discovery: 'mcp' },
    { method: 'device', discovery: 'mcp' },
    { method: 'client-credentials', discovery: 'mcp' },
    { method: 'token', discovery: 'mcp' },
  ],
  operations: {
    create: {
      mode: 'assisted',
      page: '{+site}',
      steps: ['Log in there, and find where API keys are made.', 'Make a key named "{name}".', 'Copy the key.'],
    },
    list: { mode: 'assisted', page: '{+site}', steps: ['Log in there, and find where API keys are listed.'] },
    revoke: {
      mode: 'assisted',
      page: '{+site}',
      steps: ['Log in there, and find where API keys are listed.', 'Revoke the key "{name}".'],
    },
    usage: { mode: 'unsupported', reason: 'Where this server shows its usage is not known.' },
  },
  scopes: { known: [], default: [] },
  key: { pattern: '^[\\x21-\\x7e]+$', form: 'printable characters without blanks', prefix: '', mark: 'none' },
  rules: { order: 'create-first' },
  mcp: {
    key: { url: '{+mcpUrl}', header: 'Authorization', scheme: 'Bearer' },
    login: { url: '{+mcpUrl}', header: 'Authorization', scheme: 'Bearer' },
  },
  errors: [],
} satisfies Manifest;
