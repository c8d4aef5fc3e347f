export interface PlacedEntry {
  readonly command?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly url?: string;
  readonly headersHelper?: string;
}

/** The entry of `server` in a config file with an `mcpServers` table. */
export function readEntry(path: string, server: string): Promise<PlacedEntry>;

/** Connects as a program launched from the desktop would, lists the tools and calls one. */
export function useEntry(
  entry: PlacedEntry,
  options: {
    home: string;
    call: { name: string; arguments: Readonly<Record<string, string>> };
    /** Laid over the environment. */
    own?: Readonly<Record<string, string>>;
  },
): Promise<{ server: { name: string; version: string } | undefined; tools: string[]; result: unknown }>;
