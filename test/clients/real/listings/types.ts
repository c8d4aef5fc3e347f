import type { Machine } from '../../../cli/machine.ts';

/** What a client's own program says of a server: it works, or it does not. */
export type Verdict = 'connected' | 'failed';

export interface Site {
  readonly machine: Machine;
  /** An empty folder under git, in which the program runs. */
  readonly cwd: string;
  /** The program's whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Of the MCP requests that the service got since it was asked last: how many had a key that is accepted now, and not. */
  readonly seen: () => { readonly accepted: number; readonly refused: number };
  /** A language model's stub, as the OpenAI API has it. */
  readonly model: string;
}

/** How a real program tells of its servers. Commands and words: as each program prints them. */
export interface Listing {
  /** Oldest Node that the program runs on. */
  readonly node: number;
  /** What a person set up before, once: an account, a model. */
  prepare?(site: Site): Promise<void>;
  /** What it says of the server of this name; `output`: all that it printed, for the search for secrets. */
  ask(site: Site, server: string): Promise<{ readonly verdict: Verdict; readonly output: string }>;
}
