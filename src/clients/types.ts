export type ClientScope = 'user' | 'project' | 'local';
export type PlaceMode = 'helper' | 'proxy' | 'wrap' | 'env' | 'plain';
export type ConfigFormat = 'json' | 'jsonc' | 'env';

/** Where this machine keeps things; all absolute, from the environment. No member touches the disk. */
export interface ClientMachine {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Project folder, for `project` and `local` scope. */
  readonly dir: string;
  /** Looks at the disk for clients whose place depends on what is there. */
  exists(path: string): boolean;
}

/** One config file of a client and where the servers' table stands in it. */
export interface ClientFile {
  readonly scope: ClientScope;
  readonly path: string;
  readonly format: ConfigFormat;
  /** Keys from the document's root to the servers' table: `['mcpServers']`; a key with a dot is one key. */
  readonly servers: readonly string[];
}

/** A command line that starts mcpkey (or a local server), and what no secret its environment needs. */
export interface EntryCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** What an entry must say, whatever the client's shape. */
export type EntryRequest =
  | { readonly mode: 'proxy' | 'wrap'; readonly run: EntryCommand }
  | { readonly mode: 'helper'; readonly url: string; readonly run: EntryCommand }
  | {
      readonly mode: 'env';
      readonly url: string;
      readonly headers: Readonly<Record<string, { prefix: string; variable: string }>>;
    }
  | { readonly mode: 'env'; readonly run: EntryCommand; readonly variables: Readonly<Record<string, string>> }
  | { readonly mode: 'plain'; readonly url: string; readonly headers: Readonly<Record<string, string>> }
  | { readonly mode: 'plain'; readonly run: EntryCommand };

/** One MCP client. File name, `id`, fixture folder, test name and heading in the docs are one word. */
export interface Client {
  readonly id: string;
  readonly title: string;
  /** First is the default for a remote server; `wrap` is the default for a local one. */
  readonly modes: readonly PlaceMode[];
  /** It takes no URL: a remote server can only be reached through a proxy. */
  readonly localOnly?: boolean;
  /** How a running client notices the change, as an instruction to a person. */
  readonly reload: string;
  /** Files in the order in which they are told; one a scope that the client has. */
  files(machine: ClientMachine): readonly ClientFile[];
  /** Programs on PATH and folders whose presence says that the client is installed. */
  traces(machine: ClientMachine): { readonly programs: readonly string[]; readonly paths: readonly string[] };
  /** The entry in this client's own shape. Throws `unsupported` for a mode it has not. */
  entry(request: EntryRequest): Readonly<Record<string, unknown>>;
  /** A warning to show after placing (an approval that the person must give), or undefined. */
  notice?(scope: ClientScope, mode: PlaceMode, server: string): string | undefined;
}
