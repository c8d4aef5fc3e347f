/** One line on the terminal that says what is waited for, once nothing was to be seen for half a second. */
import { fitted } from './width.ts';

export interface Progress {
  /** Runs `work`; what began last is what the line names. */
  during<T>(what: string, work: () => Promise<T>): Promise<T>;
  /** Nothing is shown meanwhile: someone is being asked. */
  silenced<T>(work: () => Promise<T>): Promise<T>;
  /** Takes the line away, so that something else can be written; it comes back. */
  clear(): void;
}

export interface ProgressSettings {
  readonly stderr: { write(text: string): unknown };
  /** Columns. */
  readonly width: number;
  /** Milliseconds since some moment. */
  now(): number;
}

/** Milliseconds. */
const PATIENCE = 500;
const FRAME = 100;
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
/** Seconds after which the line says how many they are. */
const LONG = 2;
/** ECMA-48: to the beginning of the line, and erase it. */
const ERASE = '\r\u001b[K';

export function createProgress({ stderr, width, now }: ProgressSettings): Progress {
  const running: { what: string; since: number }[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isShown = false;
  let silences = 0;
  /** Something was written, or someone was asked: nobody has waited yet. */
  let quietSince = 0;
  const clear = (): void => {
    if (isShown) stderr.write(ERASE);
    isShown = false;
    quietSince = now();
  };
  const tick = (): void => {
    const [first] = running;
    const last = running.at(-1);
    const time = now();
    const waited = time - Math.max(first?.since ?? time, quietSince);
    if (silences > 0 || !last || waited < PATIENCE) return;
    const seconds = Math.floor(waited / 1_000);
    const text = `${last.what} …${seconds < LONG ? '' : ` ${seconds} s`}`;
    const frame = FRAMES[Math.floor(time / FRAME) % FRAMES.length] ?? '';
    stderr.write(`${ERASE}${frame} ${fitted(text, Math.max(1, width - 3)).trimEnd()}`);
    isShown = true;
  };
  const stop = (): void => {
    clear();
    clearInterval(timer);
    timer = undefined;
  };
  return {
    async during(what, work) {
      const entry = { what, since: now() };
      running.push(entry);
      timer ??= setInterval(tick, FRAME).unref();
      try {
        return await work();
      } finally {
        running.splice(running.indexOf(entry), 1);
        if (running.length === 0) stop();
      }
    },
    async silenced(work) {
      clear();
      silences += 1;
      try {
        return await work();
      } finally {
        silences -= 1;
        quietSince = now();
      }
    },
    clear,
  };
}

/** Where nobody looks. */
export const NO_PROGRESS: Progress = {
  during: (_what, work) => work(),
  silenced: (work) => work(),
  clear: () => undefined,
};
