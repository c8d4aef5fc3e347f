/** A task of the Windows Task Scheduler (its XML schema, version 1.2). */
import { win32 } from 'node:path';
import { escapeXml } from './launchd.ts';
import type { Schedule, Scheduler, SchedulerMachine } from './types.ts';

const filePath = ({ config }: SchedulerMachine, name: string) => win32.join(config, `${name}.xml`);
const task = (name: string) => `mcpkey\\${name}`;

export const taskScheduler: Scheduler = {
  id: 'task-scheduler',
  title: 'a task of the Task Scheduler',
  program: 'schtasks',
  files: (schedule, machine) => [{ path: filePath(machine, schedule.name), text: xml(schedule, machine), utf16: true }],
  enable: (name, machine) => [{ args: ['/Create', '/F', '/TN', task(name), '/XML', filePath(machine, name)] }],
  disable: (name) => [{ args: ['/Delete', '/F', '/TN', task(name)], optional: true }],
  query: (name) => ['/Query', '/TN', task(name)],
  notice: () => 'The task runs while you are logged in; a time that was missed is made up for.',
};

function xml({ at, launcher, args, env }: Schedule, { user, env: machineEnv }: SchedulerMachine): string {
  const account = machineEnv.USERDOMAIN ? `${machineEnv.USERDOMAIN}\\${user}` : user;
  const start = `2026-01-01T${two(at.hour)}:${two(at.minute)}:00`;
  return `${[
    '<?xml version="1.0" encoding="UTF-16"?>',
    '<!-- Written by mcpkey; take it away with: mcpkey schedule remove -->',
    '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">',
    '  <RegistrationInfo>',
    '    <Description>Rotate the API keys that are due</Description>',
    '  </RegistrationInfo>',
    '  <Triggers>',
    '    <CalendarTrigger>',
    `      <StartBoundary>${start}</StartBoundary>`,
    '      <RandomDelay>PT30M</RandomDelay>',
    '      <ScheduleByDay>',
    '        <DaysInterval>1</DaysInterval>',
    '      </ScheduleByDay>',
    '    </CalendarTrigger>',
    '  </Triggers>',
    '  <Principals>',
    '    <Principal id="Author">',
    `      <UserId>${escapeXml(account)}</UserId>`,
    '      <LogonType>InteractiveToken</LogonType>',
    '      <RunLevel>LeastPrivilege</RunLevel>',
    '    </Principal>',
    '  </Principals>',
    '  <Settings>',
    '    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>',
    '    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>',
    '    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>',
    '    <StartWhenAvailable>true</StartWhenAvailable>',
    '    <RunOnlyIfNetworkAvailable>true</RunOnlyIfNetworkAvailable>',
    '    <ExecutionTimeLimit>PT4H</ExecutionTimeLimit>',
    '    <Hidden>true</Hidden>',
    '  </Settings>',
    '  <Actions Context="Author">',
    '    <Exec>',
    `      <Command>${escapeXml(machineEnv.ComSpec ?? 'C:\\Windows\\System32\\cmd.exe')}</Command>`,
    `      <Arguments>${escapeXml(commandLine(launcher, args, env))}</Arguments>`,
    '    </Exec>',
    '  </Actions>',
    '</Task>',
  ].join('\r\n')}\r\n`;
}

/** A task has no environment of its own, so cmd.exe sets it. */
function commandLine(launcher: string, args: readonly string[], env: Readonly<Record<string, string>>): string {
  const settings = Object.entries(env).map(([name, value]) => `set "${name}=${value}"`);
  const start = [launcher, ...args].map((word) => (/^[\w@:,.=+-]+$/.test(word) ? word : `"${word}"`)).join(' ');
  return `/d /s /c "${[...settings, start].join(' && ')}"`;
}

const two = (number: number) => String(number).padStart(2, '0');
