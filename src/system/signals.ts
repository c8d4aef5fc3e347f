/** Signals that end a program, held back while something must not be left half done. */

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface HeldSignals {
  /** The first that came. */
  readonly caught: (typeof ENDING)[number] | undefined;
  release(): void;
}

/** Holds the first signal back until `release`; a second one ends the process as it always would. */
export function holdSignals(): HeldSignals {
  let caught: HeldSignals['caught'];
  const listeners = ENDING.map((signal) => {
    const listener = (): void => {
      caught ??= signal;
      release();
    };
    process.on(signal, listener);
    return [signal, listener] as const;
  });
  const release = (): void => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
  return {
    get caught() {
      return caught;
    },
    release,
  };
}
