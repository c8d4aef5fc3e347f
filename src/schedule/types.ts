/** What a system's scheduler is told: which command, when, and with what environment. */

export interface Schedule {
  /** What this machine calls it; another MCPKEY_HOME has another name. */
  readonly name: string;
  /** Absolute path of the launcher. */
  readonly launcher: string;
  readonly args: readonly string[];
  /** No secret is in it. */
  readonly env: Readonly<Record<string, string>>;
  /** The machine's own time. */
  readonly at: TimeOfDay;
  /** Where a scheduler that keeps no output itself sends it; absolute. */
  readonly log: string;
}

export interface TimeOfDay {
  readonly hour: number;
  readonly minute: number;
}

/** Where this machine keeps such files; all absolute. */
export interface SchedulerMachine {
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** mcpkey's own config folder. */
  readonly config: string;
  /** User id, where the system has such. */
  readonly uid: number | undefined;
  /** Account name. */
  readonly user: string;
}

export interface ScheduleFile {
  readonly path: string;
  readonly text: string;
  /** Written as UTF-16 with a byte-order mark, else as UTF-8. */
  readonly utf16?: boolean;
}

export type SchedulerId = 'systemd' | 'launchd' | 'task-scheduler';

/** One scheduler. Its members decide and touch nothing. */
export interface Scheduler {
  readonly id: SchedulerId;
  readonly title: string;
  /** The program that is asked; where it is not there or fails, the files are written all the same. */
  readonly program: string;
  files(schedule: Schedule, machine: SchedulerMachine): readonly ScheduleFile[];
  /** Arguments of `program`, one run after the other. */
  enable(name: string, machine: SchedulerMachine): readonly Run[];
  disable(name: string, machine: SchedulerMachine): readonly Run[];
  /** Code 0 says that it is at work. */
  query(name: string, machine: SchedulerMachine): readonly string[];
  /** What a person must know, or undefined. */
  notice?(machine: SchedulerMachine): string | undefined;
}

export interface Run {
  readonly args: readonly string[];
  /** May fail without harm: nothing was there to end. */
  readonly optional?: boolean;
}
