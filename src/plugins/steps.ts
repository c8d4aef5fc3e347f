/** The rows of a trial: a check that throws is a failure, told in its own words. */
import { type ErrorCode, UserError } from '../errors.ts';

export interface TrialRow {
  /** `create`, `list`, `error.token`, … */
  readonly check: string;
  readonly state: 'ok' | 'failed' | 'skipped';
  readonly seen: string;
}

export interface Seen<T> {
  readonly value: T;
  readonly seen: string;
  readonly skipped?: boolean;
}

export interface Steps {
  readonly rows: readonly TrialRow[];
  /** Resolves to the check's value, or undefined where it failed. A bug is thrown on. */
  check<T>(name: string, work: () => Promise<Seen<T>>): Promise<T | undefined>;
  skip(name: string, why: string): void;
  /** Throws unless `work` fails with one of `codes`. */
  expectCode(work: () => Promise<unknown>, codes: readonly ErrorCode[]): Promise<Seen<undefined>>;
}

export function createSteps(report: (row: TrialRow) => void): Steps {
  const rows: TrialRow[] = [];
  const add = (row: TrialRow) => {
    rows.push(row);
    report(row);
  };
  return {
    rows,
    async check(name, work) {
      try {
        const { value, seen, skipped } = await work();
        add({ check: name, state: skipped ? 'skipped' : 'ok', seen });
        return value;
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        add({ check: name, state: 'failed', seen: `${error.code}: ${error.message}` });
        return undefined;
      }
    },
    skip: (name, why) => add({ check: name, state: 'skipped', seen: why }),
    async expectCode(work, codes) {
      const code = await work().then(
        () => undefined,
        (error: unknown) => {
          if (error instanceof UserError) return error.code;
          throw error;
        },
      );
      if (code !== undefined && codes.includes(code)) return { value: undefined, seen: code };
      const what = code === undefined ? 'it succeeded' : `it is told as ${code}`;
      throw new UserError('bad_response', `${what}, where one of ${codes.join(', ')} is due`);
    },
  };
}
