type Signal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** What mcpkey needs of the process that it runs in; Node's `process` is one. */
export interface Host {
  /** Node's path and the script's come first. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  cwd(): string;
  on(signal: Signal, listener: () => void): unknown;
  /** What nothing caught. */
  on(event: 'uncaughtException', listener: (error: unknown) => void): unknown;
  off(signal: Signal, listener: () => void): unknown;
  /** Ends the process at once: for a second Ctrl-C alone. */
  exit(code: number): unknown;
}
