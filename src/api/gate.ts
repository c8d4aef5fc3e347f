/** One door for all requests to one service: where one meets a limit, all wait, and then go on a little apart. */

export interface Gate {
  /** Resolves when a request may be sent. */
  enter(): Promise<void>;
  /** Nobody enters for so many milliseconds. */
  hold(milliseconds: number): void;
}

export interface GateParts {
  /** Milliseconds since 1970. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
  /** The documented limit; none where absent. */
  readonly requestsPerMinute?: number | undefined;
  /** From 0 to 1. */
  random?(): number;
}

const MINUTE = 60_000;
/** Those who waited together go on over so many ms. */
const SPREAD = 300;

export function createGate({ now, sleep, requestsPerMinute = Infinity, random = Math.random }: GateParts): Gate {
  /** When the last requests went in, oldest first. */
  const entered: number[] = [];
  let closedUntil = 0;

  /** Milliseconds until a request may go in. */
  const wait = (): number => {
    const time = now();
    while ((entered[0] ?? time) <= time - MINUTE) entered.shift();
    const [oldest] = entered;
    const full = oldest !== undefined && entered.length >= requestsPerMinute ? oldest + MINUTE : 0;
    return Math.max(closedUntil, full) - time;
  };

  return {
    async enter() {
      for (let left = wait(); left > 0; left = wait()) await sleep(left + random() * SPREAD);
      if (requestsPerMinute !== Infinity) entered.push(now());
    },
    hold(milliseconds) {
      closedUntil = Math.max(closedUntil, now() + milliseconds);
    },
  };
}
