import type { Manifest } from './manifest.ts';

const DASHBOARD = 'https://www.investraapp.com';
const DEVELOPER = ['Log in to investraapp.com.', 'Open Profile > Developer.'];

export const investra = {
  id: 'investra',
  title: 'Investra',
  docs: 'https://www.investraapp.com',
  profile: {
    url: { default: 'https://www.investraapp.com', summary: 'The site' },
    mcpUrl: { default: '{+url}/api/mcp', summary: 'MCP endpoint' },
    dashboard: { summary: 'Page of the dashboard, where it is another one' },
  },
  logins: [
    { method: 'web', discovery: 'mcp' },
    { method: 'device', discovery: 'mcp' },
    { method: 'token', discovery: 'mcp' },
  ],
  operations: {
    create: {
      mode: 'assisted',
      page: DASHBOARD,
      steps: [
        ...DEVELOPER,
        'Click "Generate API Key" for "{name}".',
        'Copy the key immediately: it will not be shown again.',
      ],
    },
    list: { mode: 'assisted', page: DASHBOARD, steps: DEVELOPER },
    revoke: {
      mode: 'assisted',
      page: DASHBOARD,
      steps: [...DEVELOPER, 'Click "Revoke" next to the key "{name}".', 'Confirm. It is revoked at once, for good.'],
    },
    usage: { mode: 'unsupported', reason: 'Investra shows no usage figures of a key.' },
  },
  scopes: { known: [], default: [] },
  key: { pattern: '^inv_[A-Za-z0-9]+$', form: 'inv_ and letters or digits', prefix: 'inv_', mark: 'none' },
  // Its pages name one active key, and a second one beside it while it is replaced.
  rules: { maxActive: 1, order: 'create-first' },
  mcp: {
    key: { url: '{+mcpUrl}', header: 'Authorization', scheme: 'Bearer' },
    login: { url: '{+mcpUrl}', header: 'Authorization', scheme: 'Bearer' },
  },
  environment: 'INVESTRA_API_KEY',
  errors: [
    {
      when: { status: 429 },
      code: 'rate_limited',
      advice:
        'Plans allow 10, 30 or 60 requests a minute and 100, 1,000 or 5,000 a day: wait as Retry-After says, or see investraapp.com/pricing.',
    },
    {
      when: { status: 403 },
      code: 'insufficient_scope',
      advice: 'Which tools a key may use depends on the plan of your account: see investraapp.com/pricing.',
    },
  ],
  rateLimit: { headers: [], requestsPerMinute: 10 },
  advice: { text: 'One key can be active at a time; replace it regularly, and at once when it may have leaked.' },
} satisfies Manifest;
