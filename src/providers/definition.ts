import type { Manifest } from './manifest.ts';
import type { Provider, ProviderSettings } from './types.ts';

/** A provider as data, or as a module where data cannot say it. */
export interface ProviderDefinition {
  readonly manifest: Manifest;
  /** Changes what the manifest's own binding does, for one profile. */
  extend?(provider: Provider, settings: ProviderSettings): Provider;
}

/** Keeps the types of a module's definition: `export default defineProvider({ manifest: { … } })`. */
export const defineProvider = (definition: ProviderDefinition): ProviderDefinition => definition;
