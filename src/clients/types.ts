export type ClientScope = 'user' | 'project' | 'local';
export type PlaceMode = 'helper' | 'proxy' | 'wrap' | 'env' | 'plain';
export type ConfigFormat = 'json' | 'jsonc' | 'toml' | 'yaml' | 'env';

/** Where this machine keeps things; all absolute, from the environment. No member touches the disk. */
export interface ClientMachine {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Project folder, for `project` and `local` scope. */
  readonly dir: string;
  /** Looks at the disk for clients whose place depends on what is there. */
  exists(path: string): boolean;
  /** Names in a folder, sorted; none where it is not there. */
  names(folder: string): readonly string[];
  /** Text of a file, for clients whose table has another place in some files; undefined where it cannot be read. */
  read(path: string): string | undefined;
}

/** One config file of a client and where the servers' table stands in it. */
export interface ClientFile {
  readonly scope: ClientScope;
  readonly path: string;
  readonly format: ConfigFormat;
  /** Keys from the document's root to the servers' table: `['mcpServers']`; a key with a dot is one key. */
  readonly servers: readonly string[];
  /** The field that holds an entry's name, where the servers are a list whose items name themselves. */
  readonly named?: string | undefined;
  /** What a file begins with that is made anew; a file with this alone is as good as none. */
  readonly fresh?: string | undefined;
  /** Its place or its shape is known at second hand: placed into only where it exists already. */
  readonly mustExist?: boolean | undefined;
  /** The client reads it as well, but nothing is placed there. */
  readonly aside?: boolean | undefined;
}

/** How an entry is written for a person to paste: the format, and the table around it. */
export type PasteForm = Pick<ClientFile, 'format' | 'servers' | 'named'>;

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

/** What an entry is made for. */
export interface EntrySite {
  readonly server: string;
  readonly platform: NodeJS.Platform;
  readonly scope: ClientScope;
  /** The file, where there is one. */
  readonly file: ClientFile | undefined;
}

/** What an entry says, whatever the client's shape. */
export interface EntryParts {
  readonly url: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly command: string | undefined;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** One MCP client. File name, `id`, fixture folder, test name and heading in the docs are one word. */
export interface Client {
  readonly id: string;
  readonly title: string;
  /** First is the default for a remote server; `wrap` is the default for a local one. */
  readonly modes: readonly PlaceMode[];
  /** Those of `modes` that only local servers have, besides `wrap`: the client takes no URL, or expands nothing there. */
  readonly localModes?: readonly PlaceMode[];
  /** Where it runs; all three systems where absent. */
  readonly platforms?: readonly NodeJS.Platform[];
  /** How a running client notices the change, as an instruction to a person. */
  readonly reload: string;
  /**
   * Files in the order in which they are told. An entry goes into each of its scope. None where the client keeps its
   * servers elsewhere: then an entry can be printed alone.
   */
  files(machine: ClientMachine): readonly ClientFile[];
  /** Project folders that have entries of `local` scope in the client's own file. */
  folders?(machine: ClientMachine): readonly string[];
  /** Programs on PATH and folders whose presence says that the client is installed. */
  traces(machine: ClientMachine): { readonly programs: readonly string[]; readonly paths: readonly string[] };
  /** How an entry is pasted, for a client whose files may be none. */
  readonly paste?: PasteForm;
  /** About the word that tells how a server is reached, as in `type`. */
  readonly kinds?: {
    /** Without one an entry is passed over: that of a remote server, or each. */
    readonly needed?: 'remote' | 'always';
    /** What it takes besides the words of its own entries, for the same. */
    readonly also?: readonly string[];
  };
  /** Another field for an address, which it takes for the older SSE transport; `typed`: or for what `type` says. */
  readonly sse?: { readonly url: string; readonly typed?: true };
  /** It expands `$VAR`, too, wherever it expands what its own entries spell. */
  readonly expandsBare?: true;
  /** The entry in this client's own shape. Throws `unsupported` for a mode it has not. */
  entry(request: EntryRequest, site: EntrySite): Readonly<Record<string, unknown>>;
  /** The reverse: what an entry says that anyone wrote. */
  read(entry: unknown): EntryParts;
  /** A warning to show after placing (an approval that the person must give), or undefined. */
  notice?(scope: ClientScope, mode: PlaceMode, server: string): string | undefined;
}
