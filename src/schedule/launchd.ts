/** An agent of the user's own launchd (launchd.plist(5)). */
import { posix } from 'node:path';
import type { Schedule, Scheduler, SchedulerMachine } from './types.ts';

const domain = ({ uid }: SchedulerMachine) => `gui/${uid ?? 501}`;
const label = (name: string) => `io.github.${name}`;
const plistPath = ({ home }: SchedulerMachine, name: string) =>
  posix.join(home, 'Library', 'LaunchAgents', `${label(name)}.plist`);

export const launchd: Scheduler = {
  id: 'launchd',
  title: 'an agent of launchd',
  program: 'launchctl',
  files: (schedule, machine) => [{ path: plistPath(machine, schedule.name), text: plist(schedule) }],
  enable: (name, machine) => [
    // One that is there already keeps its old file in mind.
    { args: ['bootout', `${domain(machine)}/${label(name)}`], optional: true },
    { args: ['bootstrap', domain(machine), plistPath(machine, name)] },
  ],
  disable: (name, machine) => [{ args: ['bootout', `${domain(machine)}/${label(name)}`], optional: true }],
  query: (name, machine) => ['print', `${domain(machine)}/${label(name)}`],
  notice: () => 'The agent runs while you are logged in; a time that the Mac slept through is made up for.',
};

function plist({ name, launcher, args, env, at, log }: Schedule): string {
  const entries = [
    ['Label', [string(label(name))]],
    ['ProgramArguments', ['<array>', ...[launcher, ...args].map((word) => `  ${string(word)}`), '</array>']],
    ...(Object.keys(env).length > 0 ? [['EnvironmentVariables', dictionary(env)] as const] : []),
    ['StartCalendarInterval', ['<dict>', ...integer('Hour', at.hour), ...integer('Minute', at.minute), '</dict>']],
    ['ProcessType', [string('Background')]],
    ['StandardOutPath', [string(log)]],
    ['StandardErrorPath', [string(log)]],
  ] as const;
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<!-- Written by mcpkey; take it away with: mcpkey schedule remove -->',
    '<plist version="1.0">',
    '<dict>',
    ...entries.flatMap(([key, value]) => [`  <key>${key}</key>`, ...value.map((line) => `  ${line}`)]),
    '</dict>',
    '</plist>',
  ].join('\n')}\n`;
}

const string = (text: string) => `<string>${escapeXml(text)}</string>`;
const integer = (key: string, value: number) => [`  <key>${key}</key>`, `  <integer>${value}</integer>`];
const dictionary = (env: Readonly<Record<string, string>>) => [
  '<dict>',
  ...Object.entries(env).flatMap(([key, value]) => [`  <key>${escapeXml(key)}</key>`, `  ${string(value)}`]),
  '</dict>',
];

/** Text of an element or attribute (XML 1.0, section 2.4). */
export const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
