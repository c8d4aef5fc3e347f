/** `schedule` on the built program, with a scheduler that writes down what it is told. */
import { chmod, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { run } from '../../src/system/run.ts';
import { createMachine, type Machine } from './machine.ts';
import { startRotating } from './rotation.ts';
import { errorIn } from './stopped.ts';

const ROW = z.object({
  scheduler: z.enum(['systemd', 'launchd', 'task-scheduler']),
  name: z.string(),
  installed: z.boolean(),
  active: z.boolean(),
  at: z.string().nullable(),
  next: z.iso.datetime().nullable(),
  command: z.array(z.string()),
  files: z.array(z.string()),
  detail: z.string(),
});
const ROWS = z.array(ROW).length(1);

let machine: Machine;
let env: Record<string, string>;
beforeEach(async () => {
  machine = await createMachine();
  env = await fakeScheduler(machine);
});

/** A systemctl that writes its arguments down, and has what was enabled. */
async function fakeScheduler({ home }: Machine): Promise<Record<string, string>> {
  const bin = join(home.root, 'bin');
  const log = join(home.root, 'told');
  await mkdir(bin);
  const script = `#!/bin/sh
echo "$*" >> '${log}'
case "$*" in
  *enable*|*restart*) test -e '${home.root}/broken' && { echo 'Failed to connect to bus' >&2; exit 1; }; touch '${log}.on' ;;
  *disable*) rm -f '${log}.on' ;;
  *is-active*) test -e '${log}.on' ;;
esac
`;
  await chmod(await home.write(join(bin, 'systemctl'), script), 0o755);
  return { PATH: `${bin}:${home.env.PATH}` };
}
const told = async () => (await readFile(join(machine.home.root, 'told'), 'utf8')).trim().split('\n');
const units = () => join(machine.home.dir, '.config/systemd/user');

describe('schedule', () => {
  it('installs, tells, and removes without a trace', async () => {
    const [before] = await machine.json(ROWS, ['schedule', 'status'], { env });
    expect(before).toMatchObject({ scheduler: 'systemd', installed: false, active: false, at: null, files: [] });
    const [row] = await machine.json(ROWS, ['schedule', 'install'], { env });
    expect(row).toMatchObject({ installed: true, active: true, at: '03:17' });
    expect(row?.command.slice(1).join(' ')).toBe('rotate --all --all-profiles --older-than 80d --no-input');
    expect(Date.parse(row?.next ?? '')).toBeGreaterThan(Date.now());
    const name = row?.name ?? '';
    expect(await told()).toEqual(
      [
        '--user daemon-reload',
        `--user enable --now ${name}.timer`,
        `--user restart ${name}.timer`,
        `--user is-active --quiet ${name}.timer`,
      ].map((line) => expect.stringContaining(line)),
    );
    expect((await readdir(units())).sort()).toEqual([`${name}.service`, `${name}.timer`]);
    expect(await machine.json(ROWS, ['schedule', 'status'], { env })).toEqual([row]);
    const shown = await machine.run(['schedule', 'status'], { env });
    expect(shown.stdout).toMatch(/^✓ mcpkey-rotate-\w+: at 03:17, the next time in /);
    const [gone] = await machine.json(ROWS, ['schedule', 'remove'], { env });
    expect(gone).toMatchObject({ installed: false, active: false, at: null });
    expect(await readdir(machine.home.dir), 'with the folders that were made for it').toEqual([]);
    expect(await told()).toContain(`--user disable --now ${name}.timer`);
    await machine.run(['schedule', 'remove'], { env });
  });

  it('carries what is no secret, replaces itself, and takes time, age, grace and profile', async () => {
    await machine.run(['profile', 'add', 'generic', '-p', 'acme', '--mcp-url', 'https://mcp.example/mcp']);
    await machine.run(['schedule', 'install'], { env });
    const words = ['schedule', 'install', '--at', '5:30', '--every-key', '--grace', '24h', '-p', 'acme'];
    const [row] = await machine.json(ROWS, words, {
      env: { ...env, HTTPS_PROXY: 'http://ann:pass@proxy.example:8080' },
    });
    expect(row?.command.slice(1).join(' ')).toBe('rotate --all --profile acme --grace 24h --no-input');
    const service = await readFile(join(units(), `${row?.name}.service`), 'utf8');
    expect(service).toContain(`Environment=MCPKEY_HOME=${machine.home.mcpkey}\n`);
    expect(service).toContain('Environment=MCPKEY_STORE=age\n');
    expect(service).toContain(`Environment=MCPKEY_AGE_IDENTITY=${machine.home.env.MCPKEY_AGE_IDENTITY}\n`);
    expect(service).toContain(`Environment=PATH=${env.PATH}\n`);
    expect(service).not.toContain('pass@');
    expect(await readFile(join(units(), `${row?.name}.timer`), 'utf8')).toContain('OnCalendar=*-*-* 05:30:00');
    expect(await readdir(units())).toHaveLength(2);
  });

  it('writes the files, says so and fails where the scheduler does not work, or is not there', async () => {
    await machine.home.write(join(machine.home.root, 'broken'), '');
    const broken = await machine.run(['schedule', 'install'], { env, code: 8 });
    expect(broken.stderr).toContain('The files are written, and nothing runs at night yet: systemctl --user enable');
    expect(broken.stderr).toContain('failed (exit 1): Failed to connect to bus\n');
    expect(broken.stderr).toContain('Where that works: mcpkey schedule install');
    expect(broken.stdout).toContain('written, but not running');
    const bare = { PATH: join(machine.home.root, 'empty') };
    const none = await machine.run(['schedule', 'install', '--json'], { env: bare, code: 8 });
    const [row] = ROWS.parse(JSON.parse(none.stdout));
    expect(row).toMatchObject({ installed: true, active: false });
    expect(errorIn(none.stderr)).toMatchObject({
      code: 'partial',
      message: expect.stringContaining('a timer of systemd needs systemctl, which is not here.'),
      hint: expect.stringContaining(`let another scheduler run each night: ${row?.command.join(' ')}`),
    });
    expect(await machine.json(ROWS, ['schedule', 'status'], { env: bare })).toMatchObject([
      { installed: true, active: false, next: null },
    ]);
    await rm(units(), { recursive: true });
    expect(await machine.json(ROWS, ['schedule', 'status'], { env })).toMatchObject([
      { installed: false, detail: expect.stringContaining('mcpkey schedule install') },
    ]);
    await machine.run(['schedule', 'remove'], { env });
  });

  it('leaves a folder that was there, or that something else is in', async () => {
    const theirs = await machine.home.write('.config/systemd/user/theirs.timer', '');
    await machine.run(['schedule', 'install'], { env });
    await machine.run(['schedule', 'remove'], { env });
    expect(await readdir(units())).toEqual(['theirs.timer']);
    await rm(theirs);
    await machine.run(['schedule', 'install'], { env });
    await machine.run(['schedule', 'install', '--at', '04:00'], { env });
    await machine.run(['schedule', 'remove'], { env });
    expect(await readdir(units())).toEqual([]);
  });

  it('says what will not be there at night', async () => {
    const { stderr } = await machine.run(['schedule', 'install'], { env: { ...env, MCPKEY_TOKEN: 'a-made-up-token' } });
    expect(stderr).toContain('MCPKEY_TOKEN will not be there at night');
    const identity = await readFile(machine.home.env.MCPKEY_AGE_IDENTITY ?? '', 'utf8');
    const refused = await machine.fails(['schedule', 'install'], {
      env: { ...env, MCPKEY_AGE_IDENTITY: identity.trim() },
      code: 2,
    });
    expect(refused).toMatchObject({ code: 'usage', hint: expect.stringContaining('Put it into a file') });
  });

  it.each([
    [['--at', '24:00'], 2],
    [['--at', 'noon'], 2],
    [['--older-than', 'old'], 2],
    [['--grace', '1'], 2],
    [['--every-key', '--older-than', '1d'], 2],
    [['-p', 'nobody'], 5],
  ])('install %j is refused, and nothing is written', async (words, code) => {
    await machine.fails(['schedule', 'install', ...words], { env, code });
    expect(await readdir(machine.home.dir)).toEqual([]);
  });
});

describe('what was installed', () => {
  it('rotates, started as a scheduler starts it: with the unit’s environment and no other', async () => {
    const rotating = await startRotating();
    machine = rotating.machine;
    env = await fakeScheduler(machine);
    const [row] = await machine.json(ROWS, ['schedule', 'install', '--every-key'], { env });
    const service = await readFile(join(units(), `${row?.name}.service`), 'utf8');
    const pairs = [...service.matchAll(/^Environment=([^=\n]+)=(.*)$/gm)].map(([, name = '', value = '']) => [
      name,
      value,
    ]);
    const command = /^ExecStart=(.*)$/m.exec(service)?.[1] ?? '';
    const [old] = rotating.native.accepted();
    const login = { MCPKEY_ACME_TOKEN: rotating.native.token };
    const night = { HOME: machine.home.dir, USER: 'ann', ...Object.fromEntries(pairs), ...login };
    const ran = await run('/bin/sh', ['-c', command], { env: night, cwd: '/' });
    expect(ran.code, ran.stderr).toBe(0);
    expect(rotating.native.accepted()).toHaveLength(1);
    expect(rotating.native.accepted()).not.toContain(old);
  });
});
