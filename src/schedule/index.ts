import { launchd } from './launchd.ts';
import { systemd } from './systemd.ts';
import { taskScheduler } from './task-scheduler.ts';
import type { Scheduler, SchedulerId } from './types.ts';

const SCHEDULERS = {
  systemd,
  launchd,
  'task-scheduler': taskScheduler,
} satisfies Record<SchedulerId, Scheduler>;

/** The scheduler that comes with the system. */
export function schedulerOf(platform: NodeJS.Platform): Scheduler {
  if (platform === 'darwin') return SCHEDULERS.launchd;
  return platform === 'win32' ? SCHEDULERS['task-scheduler'] : SCHEDULERS.systemd;
}
