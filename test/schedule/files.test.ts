/** What each scheduler is given, byte for byte. */
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { schedulerOf } from '../../src/schedule/index.ts';
import type { Schedule, SchedulerMachine } from '../../src/schedule/types.ts';
import { emptyFolder } from '../helpers/folder.ts';

const schedule: Schedule = {
  name: 'mcpkey-rotate',
  launcher: '/home/ann/.local/share/mcpkey/app/mcpkey',
  args: ['rotate', '--all', '--all-profiles', '--older-than', '80d', '--no-input'],
  env: { MCPKEY_STORE: 'age', MCPKEY_HOME: '/home/ann/my "keys" 100%$HOME\\x' },
  at: { hour: 3, minute: 7 },
  log: '/home/ann/.local/state/mcpkey/log/schedule.log',
};
const ann: SchedulerMachine = {
  home: '/home/ann',
  env: {},
  config: '/home/ann/.config/mcpkey',
  uid: 1000,
  user: 'ann',
};
const lines = (...text: string[]) => text.map((line) => `${line}\n`).join('');

it('systemd: a service and a timer of the user’s', () => {
  const files = schedulerOf('linux').files(schedule, ann);
  expect(files).toEqual([
    {
      path: '/home/ann/.config/systemd/user/mcpkey-rotate.service',
      text: lines(
        '# Written by mcpkey; take it away with: mcpkey schedule remove',
        '[Unit]',
        'Description=Rotate the API keys that are due',
        '',
        '[Service]',
        'Type=oneshot',
        'Environment=MCPKEY_STORE=age',
        'Environment="MCPKEY_HOME=/home/ann/my \\"keys\\" 100%%$HOME\\\\x"',
        'ExecStart=/home/ann/.local/share/mcpkey/app/mcpkey rotate --all --all-profiles --older-than 80d --no-input',
        'UMask=0077',
        'Nice=10',
      ),
    },
    {
      path: '/home/ann/.config/systemd/user/mcpkey-rotate.timer',
      text: lines(
        '# Written by mcpkey; take it away with: mcpkey schedule remove',
        '[Unit]',
        'Description=Rotate the API keys that are due, at night',
        '',
        '[Timer]',
        'OnCalendar=*-*-* 03:07:00',
        'RandomizedDelaySec=30m',
        'Persistent=true',
        '',
        '[Install]',
        'WantedBy=timers.target',
      ),
    },
  ]);
  const moved = schedulerOf('linux').files(schedule, { ...ann, env: { XDG_CONFIG_HOME: '/cfg' } });
  expect(moved[0]?.path).toBe('/cfg/systemd/user/mcpkey-rotate.service');
});

it('systemd: a launcher with blanks and signs', () => {
  const [service] = schedulerOf('linux').files({ ...schedule, launcher: '/home/a b/$x/50%/mcpkey', args: ['$x'] }, ann);
  expect(service?.text).toContain('\nExecStart="/home/a b/$x/50%%/mcpkey" "$$x"\n');
});

it.skipIf(spawnSync('systemd-analyze', ['--version']).status !== 0)('systemd itself finds nothing wrong', async () => {
  const folder = await emptyFolder();
  const launcher = join(folder, 'with blanks 100% $x', 'mcpkey');
  spawnSync('install', ['-D', '-m', '755', '/bin/true', launcher]);
  const paths = [];
  for (const { path, text } of schedulerOf('linux').files({ ...schedule, launcher }, { ...ann, home: folder })) {
    const file = join(folder, path.slice(path.lastIndexOf('/') + 1));
    await writeFile(file, text);
    paths.push(file);
  }
  const { status, stderr } = spawnSync('systemd-analyze', ['--user', '--man=no', 'verify', ...paths], {
    encoding: 'utf8',
    env: { ...process.env, XDG_RUNTIME_DIR: folder, HOME: folder },
  });
  expect(stderr.split('\n').filter((line) => line.includes('mcpkey'))).toEqual([]);
  expect(status).toBe(0);
});

it('launchd: an agent of the user’s', () => {
  const files = schedulerOf('darwin').files({ ...schedule, env: { A: '<&">' } }, { ...ann, home: '/Users/ann' });
  expect(files).toEqual([
    {
      path: '/Users/ann/Library/LaunchAgents/io.github.mcpkey-rotate.plist',
      text: lines(
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
        '<!-- Written by mcpkey; take it away with: mcpkey schedule remove -->',
        '<plist version="1.0">',
        '<dict>',
        '  <key>Label</key>',
        '  <string>io.github.mcpkey-rotate</string>',
        '  <key>ProgramArguments</key>',
        '  <array>',
        '    <string>/home/ann/.local/share/mcpkey/app/mcpkey</string>',
        '    <string>rotate</string>',
        '    <string>--all</string>',
        '    <string>--all-profiles</string>',
        '    <string>--older-than</string>',
        '    <string>80d</string>',
        '    <string>--no-input</string>',
        '  </array>',
        '  <key>EnvironmentVariables</key>',
        '  <dict>',
        '    <key>A</key>',
        '    <string>&lt;&amp;&quot;&gt;</string>',
        '  </dict>',
        '  <key>StartCalendarInterval</key>',
        '  <dict>',
        '    <key>Hour</key>',
        '    <integer>3</integer>',
        '    <key>Minute</key>',
        '    <integer>7</integer>',
        '  </dict>',
        '  <key>ProcessType</key>',
        '  <string>Background</string>',
        '  <key>StandardOutPath</key>',
        '  <string>/home/ann/.local/state/mcpkey/log/schedule.log</string>',
        '  <key>StandardErrorPath</key>',
        '  <string>/home/ann/.local/state/mcpkey/log/schedule.log</string>',
        '</dict>',
        '</plist>',
      ),
    },
  ]);
});

it('Task Scheduler: a task of the user’s, with its environment on the command line', () => {
  const windows: SchedulerMachine = {
    home: 'C:\\Users\\ann',
    env: { USERDOMAIN: 'DESK', ComSpec: 'C:\\Windows\\system32\\cmd.exe' },
    config: 'C:\\Users\\ann\\AppData\\Roaming\\mcpkey\\config',
    uid: undefined,
    user: 'ann',
  };
  const launcher = 'C:\\Users\\ann\\AppData\\Local\\mcpkey\\data\\app\\mcpkey.cmd';
  const [file, ...more] = schedulerOf('win32').files(
    { ...schedule, launcher, env: { MCPKEY_STORE: 'age', NO_PROXY: 'a&b' } },
    windows,
  );
  expect(more).toEqual([]);
  expect(file?.path).toBe('C:\\Users\\ann\\AppData\\Roaming\\mcpkey\\config\\mcpkey-rotate.xml');
  expect(file?.utf16).toBe(true);
  expect(file?.text.replaceAll('\r\n', '\n')).toBe(
    lines(
      '<?xml version="1.0" encoding="UTF-16"?>',
      '<!-- Written by mcpkey; take it away with: mcpkey schedule remove -->',
      '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">',
      '  <RegistrationInfo>',
      '    <Description>Rotate the API keys that are due</Description>',
      '  </RegistrationInfo>',
      '  <Triggers>',
      '    <CalendarTrigger>',
      '      <StartBoundary>2026-01-01T03:07:00</StartBoundary>',
      '      <RandomDelay>PT30M</RandomDelay>',
      '      <ScheduleByDay>',
      '        <DaysInterval>1</DaysInterval>',
      '      </ScheduleByDay>',
      '    </CalendarTrigger>',
      '  </Triggers>',
      '  <Principals>',
      '    <Principal id="Author">',
      '      <UserId>DESK\\ann</UserId>',
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
      '      <Command>C:\\Windows\\system32\\cmd.exe</Command>',
      `      <Arguments>/d /s /c &quot;set &quot;MCPKEY_STORE=age&quot; &amp;&amp; set &quot;NO_PROXY=a&amp;b&quot; &amp;&amp; &quot;${launcher}&quot; rotate --all --all-profiles --older-than 80d --no-input&quot;</Arguments>`,
      '    </Exec>',
      '  </Actions>',
      '</Task>',
    ),
  );
});

it.each([
  ['linux', 'systemctl', '--user enable --now mcpkey-rotate.timer', '--user disable --now mcpkey-rotate.timer'],
  [
    'darwin',
    'launchctl',
    'bootstrap gui/1000 /Users/ann/Library/LaunchAgents/io.github.mcpkey-rotate.plist',
    'bootout gui/1000/io.github.mcpkey-rotate',
  ],
  [
    'win32',
    'schtasks',
    '/Create /F /TN mcpkey\\mcpkey-rotate /XML \\cfg\\mcpkey-rotate.xml',
    '/Delete /F /TN mcpkey\\mcpkey-rotate',
  ],
] as const)('%s is told by %s', (platform, program, enable, disable) => {
  const scheduler = schedulerOf(platform);
  const machine = { ...ann, home: '/Users/ann', config: '/cfg' };
  const words = (runs: readonly { args: readonly string[] }[]) => runs.map(({ args }) => args.join(' '));
  expect(scheduler.program).toBe(program);
  expect(words(scheduler.enable('mcpkey-rotate', machine))).toContain(enable);
  expect(words(scheduler.disable('mcpkey-rotate', machine))).toContain(disable);
});
