/** What a provider's module may import: the definition's shape, nothing that runs. */
export type { ErrorCode } from './errors.ts';
export { defineProvider, type ProviderDefinition } from './providers/definition.ts';
export type * from './providers/manifest.ts';
export type * from './providers/types.ts';
