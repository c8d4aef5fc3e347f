import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from './index.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox({ services: ['generic'] });
});
afterEach(() => sandbox.close());

async function connect(env: Record<string, string>): Promise<string[]> {
  const [command = '', ...args] = sandbox.service('generic').local.command;
  const client = new Client({ name: 'test', version: '0' });
  try {
    await client.connect(new StdioClientTransport({ command, args, env, stderr: 'ignore' }));
    return (await client.listTools()).tools.map((tool) => tool.name);
  } finally {
    await client.close();
  }
}

describe('the local server', () => {
  it('starts with a good key in its variable', async () => {
    const { secret } = sandbox.service('generic').dashboard.create({ name: 'local' });
    expect(await connect({ ACME_API_KEY: secret })).toEqual(['echo']);
  });

  it('ends at once with a wrong key, and without one', async () => {
    await expect(connect({ ACME_API_KEY: 'acme_wrong' })).rejects.toThrow(/closed/i);
    await expect(connect({})).rejects.toThrow(/closed/i);
  });
});
