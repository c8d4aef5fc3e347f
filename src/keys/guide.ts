import type { AssistedSteps } from '../providers/types.ts';
import type { Secret } from '../secret.ts';

/** How an engine reaches the person; the command renders it. */
export interface Guide {
  /** Shows what to do in the dashboard, in full, and opens the page where there is a browser. */
  show(title: string, steps: AssistedSteps): Promise<void>;
  /**
   * The key that the person made, by hidden prompt or `--stdin`. Throws `usage` where neither is possible; `pipe`: the
   * command that it is piped into then, where the guide was not told.
   */
  takeSecret(pipe?: string): Promise<Secret>;
  /** One line on what happens now. */
  note(text: string): void;
  /** What the person must act on. */
  warn(text: string): void;
  /** Somebody can be asked and can act in the dashboard now. */
  readonly attended: boolean;
}
