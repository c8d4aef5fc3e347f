/** Puts the nightly rotation into the system's scheduler, takes it out, and tells how it stands. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { carriedFor } from '../placement/carried.ts';
import { ensureLauncher, launcherOf } from '../placement/launcher.ts';
import { missingFolders } from '../placement/made.ts';
import { takeAway } from '../placement/write.ts';
import { readBytes, writeAtomic } from '../system/files.ts';
import { run, which } from '../system/run.ts';
import { typed } from '../typed.ts';
import { schedulerOf } from './index.ts';
import { forgetInstalled, type Installed, readInstalled, writeInstalled } from './installed.ts';
import type { Run, Schedule, ScheduleFile, Scheduler, SchedulerId, SchedulerMachine, TimeOfDay } from './types.ts';

/** The document of `schedule`. */
export interface ScheduleRow {
  readonly scheduler: SchedulerId;
  readonly name: string;
  /** The files are there. */
  readonly installed: boolean;
  /** The scheduler has it. */
  readonly active: boolean;
  /** `HH:MM` in the machine's own time, or null. */
  readonly at: string | null;
  /** The next time, RFC 3339 UTC, where it is active. */
  readonly next: string | null;
  /** What is run, word by word. */
  readonly command: readonly string[];
  readonly files: readonly string[];
  readonly detail: string;
}

export interface ScheduleReport {
  readonly row: ScheduleRow;
  readonly warnings: readonly string[];
  /** The files are written, and the scheduler has not taken them. */
  readonly failure?: UserError | undefined;
}

export interface ScheduleWish {
  readonly at: TimeOfDay;
  /** What stands behind `rotate --all`. */
  readonly options: readonly string[];
}

/** Milliseconds that the scheduler's program may take. */
const PATIENCE = 20_000;

/** Throws `usage` where a secret of this environment would be needed at night. Doing it again replaces what is there. */
export async function installSchedule(context: Context, { at, options }: ScheduleWish): Promise<ScheduleReport> {
  const scheduler = schedulerOf(context.platform);
  const machine = machineOf(context);
  const { env, warnings } = await nightEnvironment(context);
  const { told } = await ensureLauncher(context);
  const { command, args: before } = launcherOf(context);
  const schedule: Schedule = {
    name: nameOf(context),
    launcher: before.at(-1) ?? command,
    args: ['rotate', '--all', ...options, '--no-input'],
    env,
    at,
    log: join(context.paths.log, 'schedule.log'),
  };
  const files = scheduler.files(schedule, machine);
  const folders = await missingBefore(context, files);
  for (const file of files) await writeAtomic(file.path, bytesOf(file));
  const { name, launcher, args } = schedule;
  const paths = files.map(({ path }) => path);
  const installed: Installed = { name, at, command: [launcher, ...args], files: paths, folders };
  await writeInstalled(context, installed);
  const failure = await ask(context, scheduler, scheduler.enable(name, machine));
  await context.ledger.record({ command: 'schedule install', ref: null, outcome: failure ? 'partial' : 'done' });
  const notice = failure ? undefined : scheduler.notice?.(machine);
  const said = [told, ...warnings, ...borrowedLogin(context), notice].filter((line) => line !== undefined);
  return {
    row: await rowOf(context, installed),
    warnings: said,
    failure: failure === undefined ? undefined : notRunning(failure, installed),
  };
}

/** Folders that are made for the files, now or when it was installed before; outermost first. */
async function missingBefore(context: Context, files: readonly ScheduleFile[]): Promise<readonly string[]> {
  const { folders = [] } = (await readInstalled(context)) ?? {};
  return [...new Set([...folders, ...files.flatMap(({ path }) => missingFolders(path))])];
}

const notRunning = (failure: string, { command }: Installed): UserError =>
  new UserError('partial', `The files are written, and nothing runs at night yet: ${failure}`, {
    hint: typed`Where that works: mcpkey schedule install   Or let another scheduler run each night: ${command}`,
  });

/** Nothing there is no failure. */
export async function removeSchedule(context: Context): Promise<ScheduleReport> {
  const scheduler = schedulerOf(context.platform);
  const installed = await readInstalled(context);
  if (!installed) return { row: await rowOf(context, undefined), warnings: [] };
  const runs = scheduler.disable(installed.name, machineOf(context));
  const [first, ...rest] = runs;
  await ask(context, scheduler, first ? [first] : []);
  for (const path of installed.files) await takeAway(path, installed.folders ?? []);
  await ask(context, scheduler, rest);
  await forgetInstalled(context);
  await context.ledger.record({ command: 'schedule remove', ref: null, outcome: 'done' });
  return { row: await rowOf(context, undefined), warnings: [] };
}

export const scheduleStatus = async (context: Context): Promise<ScheduleRow> =>
  rowOf(context, await readInstalled(context));

const bytesOf = ({ text, utf16 }: ScheduleFile) => (utf16 ? Buffer.from(`\uFEFF${text}`, 'utf16le') : text);

/** Two homes of one user do not share a timer. */
function nameOf({ env, paths }: Context): string {
  const own = env.MCPKEY_HOME ? `-${createHash('sha256').update(paths.data).digest('hex').slice(0, 8)}` : '';
  return `mcpkey-rotate${own}`;
}

const machineOf = ({ home, env, paths, user }: Context): SchedulerMachine => ({
  home,
  env,
  config: paths.config,
  uid: process.getuid?.(),
  user,
});

/** What mcpkey needs at night of the environment of now; hooks need the PATH. */
async function nightEnvironment(
  context: Context,
): Promise<{ env: Record<string, string>; warnings: readonly string[] }> {
  const used = (await context.vault.index()).map(({ store }) => store);
  const stores = new Set([await context.vault.currentStore(), ...used]);
  stores.delete('env');
  const carried = [...stores].map((store) => carriedFor(context, store));
  const env: Record<string, string> = Object.assign({}, ...carried.map((each) => each.env));
  if (context.env.PATH && context.platform !== 'win32') env.PATH = context.env.PATH;
  return { env, warnings: [...new Set(carried.flatMap((each) => each.warnings))] };
}

const BORROWED = /^MCPKEY_(?:\w+_)?(?:TOKEN|CLIENT_SECRET|PASSWORD)$/;

function borrowedLogin({ env }: Pick<Context, 'env'>): readonly string[] {
  const names = Object.keys(env).filter((name) => env[name] && BORROWED.test(name) && !name.startsWith('MCPKEY_ETCD_'));
  if (names.length === 0) return [];
  return [`${names.join(', ')} will not be there at night: log in, so that the session is stored (mcpkey login).`];
}

/** Resolves to why it did not work, else to nothing. */
async function ask(context: Context, { program, title }: Scheduler, runs: readonly Run[]): Promise<string | undefined> {
  const path = await which(program, context.env);
  if (!path) return `${title} needs ${program}, which is not here.`;
  for (const { args, optional } of runs) {
    const { code, stderr, stdout } = await run(path, args, { env: context.env, timeout: PATIENCE });
    if (code === 0 || optional) continue;
    const said = (stderr.trim() || stdout.trim()).split('\n')[0] ?? '';
    return `${program} ${args.join(' ')} failed (exit ${code})${said ? `: ${said}` : '.'}`;
  }
  return undefined;
}

async function rowOf(context: Context, installed: Installed | undefined): Promise<ScheduleRow> {
  const scheduler = schedulerOf(context.platform);
  const base = { scheduler: scheduler.id, name: installed?.name ?? nameOf(context) };
  if (!installed) {
    const nothing = { installed: false, active: false, at: null, next: null, command: [], files: [] };
    return { ...base, ...nothing, detail: 'not installed' };
  }
  const { command, files, at } = installed;
  const there = await Promise.all(files.map(async (path) => (await readBytes(path)) !== undefined));
  const path = await which(scheduler.program, context.env);
  const query = scheduler.query(installed.name, machineOf(context));
  const active = path !== undefined && (await run(path, query, { env: context.env, timeout: PATIENCE })).code === 0;
  const whole = there.every(Boolean);
  const detail = !whole
    ? 'a file is gone: mcpkey schedule install'
    : active
      ? scheduler.title
      : 'written, but not running';
  const next = active && whole ? nextTime(at, context.now()) : null;
  return { ...base, installed: whole, active, at: timeText(at), next, command, files, detail };
}

export const timeText = ({ hour, minute }: TimeOfDay): string =>
  [hour, minute].map((number) => String(number).padStart(2, '0')).join(':');

function nextTime({ hour, minute }: TimeOfDay, now: number): string {
  const next = new Date(now);
  next.setHours(hour, minute, 0, 0);
  if (next.getTime() <= now) next.setDate(next.getDate() + 1);
  return next.toISOString();
}
