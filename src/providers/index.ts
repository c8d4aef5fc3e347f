/** The built-in providers: one file a member, named by its id. */
import { bindManifest } from './bind.ts';
import type { ProviderDefinition } from './definition.ts';
import type { Manifest } from './manifest.ts';
import type { ProviderEntry } from './types.ts';

export const PROVIDERS = {
  ai2fin: async () => (await import('./ai2fin.ts')).ai2fin,
  apexmcp: async () => (await import('./apexmcp.ts')).apexmcp,
  generic: async () => (await import('./generic.ts')).generic,
  investra: async () => (await import('./investra.ts')).investra,
  'mcp-cloud': async () => (await import('./mcp-cloud.ts')).mcpCloud,
  'stock-data': async () => (await import('./stock-data.ts')).stockData,
} satisfies Record<string, () => Promise<Manifest>>;

export type BuiltInId = keyof typeof PROVIDERS;

export const isBuiltIn = (id: string): id is BuiltInId => Object.hasOwn(PROVIDERS, id);

/** The manifest of a built-in provider, or undefined. */
export async function builtIn(id: string): Promise<Manifest | undefined> {
  return isBuiltIn(id) ? PROVIDERS[id]() : undefined;
}

export function entryOf(definition: ProviderDefinition, source: ProviderEntry['source']): ProviderEntry {
  const { manifest } = definition;
  return {
    id: manifest.id,
    manifest,
    source,
    bind(settings) {
      const provider = bindManifest(manifest, settings);
      return definition.extend?.(provider, settings) ?? provider;
    },
  };
}
