/** The built `exec`: the key in the environment and nowhere else, the program's end, signals, masking. */
import { afterEach, expect, test } from 'vitest';
import { createHome, type Home, mcpkey, spawnMcpkey } from '../helpers/cli.ts';
import { type RunningMcpServer, startMcpServer } from '../helpers/mcp-server.ts';

const servers: RunningMcpServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const KEY = ['key', 'for', 'a', 'program', '54321'].join('-');
const OTHER = ['another', 'key', '98765'].join('-');
const node = (script: string) => ['--', process.execPath, '-e', script];

async function machine(): Promise<Home> {
  const server = await startMcpServer();
  servers.push(server);
  const home = await createHome();
  for (const [profile, value] of [
    ['loop', KEY],
    ['brave', OTHER],
  ] as const) {
    await mcpkey(['profile', 'add', 'generic', '-p', profile, '--mcp-url', server.url], { home });
    expect(await mcpkey(['import', 'ci', '-p', profile, '--stdin'], { home, input: value })).toMatchObject({ code: 0 });
  }
  return home;
}
/** Prints a variable so that masking does not hide it. */
const spell = (variable: string) => `console.log([...process.env.${variable} ?? 'none'].join(' '))`;
const spelt = (value: string) => `${[...value].join(' ')}\n`;

test('hands the key over under the profile’s variable, or the one that is named', async () => {
  const home = await machine();
  expect((await mcpkey(['exec', 'loop/ci', ...node(spell('LOOP_API_KEY'))], { home })).stdout).toBe(spelt(KEY));
  const named = await mcpkey(['exec', 'loop/ci', '--env', 'TOKEN', ...node(spell('TOKEN'))], { home });
  expect(named.stdout).toBe(spelt(KEY));
  const script = `${spell('A')};${spell('B')};${spell('LOOP_API_KEY')}`;
  const both = await mcpkey(['exec', '--env', 'A=loop/ci', '--env', 'B=brave', ...node(script)], { home });
  expect(both.stdout).toBe(spelt(KEY) + spelt(OTHER) + spelt('none'));
});

test('hands over no variable of its own making, and those of the user as they are', async () => {
  const home = await machine();
  const show = node(spell('UV_THREADPOOL_SIZE'));
  expect((await mcpkey(['exec', 'loop/ci', ...show], { home })).stdout).toBe(spelt('none'));
  const own = await mcpkey(['exec', 'loop/ci', ...show], { home, env: { UV_THREADPOOL_SIZE: '7' } });
  expect(own.stdout).toBe(spelt('7'));
});

test('masks what goes to something that is no terminal, on both streams', async () => {
  const home = await machine();
  const script =
    'process.stdout.write(process.env.LOOP_API_KEY.slice(0, 9));setTimeout(() => { process.stdout.write(process.env.LOOP_API_KEY.slice(9)); console.error(process.env.LOOP_API_KEY) }, 50)';
  expect(await mcpkey(['exec', 'loop/ci', ...node(script)], { home })).toMatchObject({
    code: 0,
    stdout: '[secret]',
    stderr: '[secret]\n',
  });
  const plain = await mcpkey(['exec', 'loop/ci', '--no-mask', ...node(script)], { home });
  expect(plain.stdout).toBe(KEY);
});

test('lets bytes of any encoding pass', async () => {
  const home = await machine();
  const script = 'process.stdout.write(Buffer.from([0xff, 0xfe, 0, 0xe6, 0xbc, 0xa2, 10]))';
  const running = spawnMcpkey(['exec', 'loop/ci', ...node(script)], { home });
  const chunks: Buffer[] = [];
  running.child.stdout
    .removeAllListeners('data')
    .setEncoding('latin1')
    .on('data', (text: string) => chunks.push(Buffer.from(text, 'latin1')));
  await running.finished;
  expect([...Buffer.concat(chunks)]).toEqual([0xff, 0xfe, 0, 0xe6, 0xbc, 0xa2, 10]);
});

test('hands stdin on', async () => {
  const home = await machine();
  const script = 'process.stdin.pipe(process.stdout)';
  expect(await mcpkey(['exec', 'loop/ci', ...node(script)], { home, input: 'through' })).toMatchObject({
    stdout: 'through',
  });
});

test.each([
  ['its own code', 'process.exit(7)', 7],
  ['128 + n where a signal ended it', 'process.kill(process.pid, "SIGKILL"); setTimeout(() => {}, 5000)', 137],
])('exits with %s', async (_what, script, code) => {
  const home = await machine();
  expect(await mcpkey(['exec', 'loop/ci', ...node(script)], { home })).toMatchObject({ code });
});

test('hands signals on and waits for the program', async () => {
  const home = await machine();
  const script =
    'process.on("SIGTERM", () => { console.log("bye"); process.exit(3) }); console.log("up"); setInterval(() => {}, 1000)';
  const running = spawnMcpkey(['exec', 'loop/ci', ...node(script)], { home });
  await running.printed(/up/, 'stdout');
  running.kill('SIGTERM');
  expect(await running.finished).toMatchObject({ code: 3, stdout: 'up\nbye\n' });
});

test('says what cannot be run, as a shell does', async () => {
  const home = await machine();
  const missing = await mcpkey(['exec', 'loop/ci', '--', 'no-such-program'], { home });
  expect(missing).toMatchObject({ code: 127, stderr: expect.stringContaining('no-such-program: not found') });
  const file = await home.write('plain.txt', 'text');
  expect(await mcpkey(['exec', 'loop/ci', '--', file], { home })).toMatchObject({ code: 126 });
});

test.each([
  ['no program', ['exec', 'loop/ci']],
  ['a name that is no variable', ['exec', '--env', '1X=loop/ci', '--', 'true']],
  ['an empty ref', ['exec', '--env', 'X=', '--', 'true']],
  ['two keys for one variable', ['exec', '--env', 'X=loop/ci', '--env', 'X=brave/ci', '--', 'true']],
  ['another key for the key’s own variable', ['exec', 'loop/ci', '--env', 'LOOP_API_KEY=brave/ci', '--', 'true']],
])('refuses %s', async (_what, args) => {
  const home = await machine();
  expect(await mcpkey(args, { home })).toMatchObject({ code: 2 });
});
