/** A timer of the user's own systemd (systemd.timer(5), systemd.service(5)). */
import { isAbsolute, join } from 'node:path';
import type { Schedule, Scheduler, SchedulerMachine } from './types.ts';

const folder = ({ home, env }: SchedulerMachine): string => {
  const config = env.XDG_CONFIG_HOME;
  return join(config && isAbsolute(config) ? config : join(home, '.config'), 'systemd', 'user');
};

export const systemd: Scheduler = {
  id: 'systemd',
  title: 'a timer of systemd',
  program: 'systemctl',
  files: (schedule, machine) => [
    { path: join(folder(machine), `${schedule.name}.service`), text: service(schedule) },
    { path: join(folder(machine), `${schedule.name}.timer`), text: timer(schedule) },
  ],
  enable: (name) => [
    { args: ['--user', 'daemon-reload'] },
    { args: ['--user', 'enable', '--now', `${name}.timer`] },
    // One that is there already goes by its old time until it is started anew.
    { args: ['--user', 'restart', `${name}.timer`] },
  ],
  disable: (name) => [
    { args: ['--user', 'disable', '--now', `${name}.timer`], optional: true },
    { args: ['--user', 'daemon-reload'], optional: true },
  ],
  query: (name) => ['--user', 'is-active', '--quiet', `${name}.timer`],
  notice: ({ user }) =>
    `The timer runs while you are logged in, and makes up for a night that was missed. For a server: loginctl enable-linger ${user}`,
};

const service = ({ launcher, args, env }: Schedule): string =>
  lines(
    '# Written by mcpkey; take it away with: mcpkey schedule remove',
    '[Unit]',
    'Description=Rotate the API keys that are due',
    '',
    '[Service]',
    'Type=oneshot',
    ...Object.entries(env).map(([name, value]) => `Environment=${quote(`${name}=${value}`)}`),
    // In the words behind the program, `$` begins a variable.
    `ExecStart=${[quote(launcher), ...args.map((word) => quote(word).replaceAll('$', '$$$$'))].join(' ')}`,
    'UMask=0077',
    'Nice=10',
  );

/** Late by chance, so that many machines do not meet at the service; a night that was slept through is made up for. */
const timer = ({ at: { hour, minute } }: Schedule): string =>
  lines(
    '# Written by mcpkey; take it away with: mcpkey schedule remove',
    '[Unit]',
    'Description=Rotate the API keys that are due, at night',
    '',
    '[Timer]',
    `OnCalendar=*-*-* ${two(hour)}:${two(minute)}:00`,
    'RandomizedDelaySec=30m',
    'Persistent=true',
    '',
    '[Install]',
    'WantedBy=timers.target',
  );

const two = (number: number) => String(number).padStart(2, '0');
const lines = (...all: string[]) => `${all.join('\n')}\n`;

/** systemd.syntax(7): quoted, with the escapes of C; `%` begins a specifier. */
function quote(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('%', '%%')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t');
  return /^[\w@:,./=+-]+$/.test(text) ? text : `"${escaped}"`;
}
