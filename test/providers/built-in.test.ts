import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { PROVIDERS } from '../../src/providers/index.ts';
import type { ProviderSettings } from '../../src/providers/types.ts';
import { providerConformance } from '../conformance/provider.ts';

const hex = (length: number) => randomBytes(length / 2).toString('hex');

const CASES: Record<keyof typeof PROVIDERS, { settings: Partial<ProviderSettings>; makeSecret(): string }> = {
  ai2fin: { settings: {}, makeSecret: () => `mcp_${hex(32)}` },
  apexmcp: { settings: { org: 'acme corp' }, makeSecret: () => `apx_live_sk_${hex(32)}` },
  generic: { settings: { mcpUrl: 'https://mcp.example/mcp' }, makeSecret: () => hex(40) },
  investra: { settings: {}, makeSecret: () => `inv_${hex(24)}` },
  'mcp-cloud': { settings: { mcpUrl: 'https://one.mcp-cloud.ai/mcp' }, makeSecret: () => `mcp_sk_${hex(32)}` },
  'stock-data': { settings: { url: 'https://stock.example/base/' }, makeSecret: () => `sk-${hex(64)}` },
};

for (const [id, load] of Object.entries(PROVIDERS)) {
  const given = Object.entries(CASES).find(([name]) => name === id)?.[1];
  if (!given) throw new Error(`no case for ${id}`);
  providerConformance(id, { manifest: await load(), ...given });
}

providerConformance('ai2fin for administrators', {
  manifest: await PROVIDERS.ai2fin(),
  settings: { org: 'admin' },
  makeSecret: () => `mcp_${hex(32)}`,
});

test('the file, the table and the manifest say one id', async () => {
  for (const [id, load] of Object.entries(PROVIDERS)) expect((await load()).id).toBe(id);
});
