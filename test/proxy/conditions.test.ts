/** What the proxies of real clients live through: servers that restart, sleep or send much, laptops that sleep, keys that end. */
import { afterEach, expect, test } from 'vitest';
import { type McpEndpointOptions, type RunningMcpServer, startMcpServer } from '../helpers/mcp-server.ts';
import { type Proxied, startProxy, until } from './harness.ts';

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

const DAY = 86_400_000;
const NOW = Date.parse('2026-06-01T12:00:00Z');
const after = (days: number): string => new Date(NOW + days * DAY).toISOString();

interface Started {
  readonly server: RunningMcpServer;
  readonly proxy: Proxied;
  readonly ends: { at: string | null };
  readonly clock: { time: number; now(): number };
}

async function start(end: string | null, options: McpEndpointOptions = {}): Promise<Started> {
  const server = await startMcpServer({ era: 'sessions', ...options });
  opened.push(() => server.close());
  const ends = { at: end };
  const clock = { time: NOW, now: () => clock.time };
  const proxy = await startProxy(server.url, {}, { ends, clock });
  opened.push(() => proxy.end());
  return { server, proxy, ends, clock };
}

const echo = async (proxy: Proxied, text: string): Promise<unknown> => {
  const { result } = await proxy.request('tools/call', { name: 'echo', arguments: { text } });
  return (result as { content: { text: string }[] }).content[0]?.text;
};
const reminders = ({ received }: Proxied) => received.filter(({ method }) => method === 'notifications/message');

test('a key that ends within 14 days is told, where the server declared logging', async () => {
  const { proxy } = await start(after(3.5));
  await proxy.open();
  const told = await proxy.seen((message) => message.method === 'notifications/message');
  const text = 'The key test/ci ends in 3 days. Run: mcpkey rotate test/ci';
  expect(told.params).toEqual({ level: 'warning', logger: 'mcpkey', data: text });
  expect(proxy.logged).toContain(text);
});

test.each([
  { what: 'in 15 days', at: after(15) },
  { what: 'never', at: null },
])('a key that ends $what is not', async ({ at }) => {
  const { proxy } = await start(at);
  await proxy.open();
  expect(await echo(proxy, 'hi')).toBe('hi');
  expect([reminders(proxy), proxy.logged]).toEqual([[], []]);
});

test('the client of a server without logging gets no message, the log its line', async () => {
  const { proxy } = await start(after(1), {
    bare: true,
    serverOptions: { capabilities: { tools: {} } },
    register: (server) => server.server.setRequestHandler('tools/list', () => ({ tools: [] })),
  });
  await proxy.open();
  await proxy.request('tools/list');
  expect(reminders(proxy)).toEqual([]);
  expect(proxy.logged).toEqual(['The key test/ci ends in 1 day. Run: mcpkey rotate test/ci']);
});

test('it is told once a day, by the key’s end as it is then, and whatever the clock does', async () => {
  const { proxy, ends, clock } = await start(after(13));
  await proxy.open();
  await until(() => proxy.logged.length === 1);
  await echo(proxy, 'the same day');
  clock.time += 2 * DAY;
  await echo(proxy, 'two days later, the laptop slept in between');
  await until(() => proxy.logged.length === 2);
  clock.time -= 30 * DAY;
  ends.at = after(-27);
  await echo(proxy, 'set back');
  await until(() => proxy.logged.length === 3);
  ends.at = after(60);
  clock.time += 30 * DAY;
  await echo(proxy, 'rotated');
  expect(proxy.logged.map((line) => /ends in (\d+) day/.exec(line)?.[1])).toEqual(['13', '11', '1']);
});

test('a server that restarts while requests come in answers all of them', async () => {
  const { server, proxy } = await start(null);
  await proxy.open();
  for (let round = 0; round < 5; round += 1) {
    await server.forgetSessions();
    const texts = Array.from({ length: 20 }, (_, at) => `${round}.${at}`);
    expect(await Promise.all(texts.map((text) => echo(proxy, text)))).toEqual(texts);
  }
  expect(server.sessions()).toHaveLength(1);
});

test('10 MB go both ways while others are answered', async () => {
  const { proxy } = await start(null);
  await proxy.open();
  const bytes = 10 * 1024 * 1024;
  const ask = async (name: string, args: unknown) => {
    const { result } = await proxy.request('tools/call', { name, arguments: args });
    return (result as { content: { text: string }[] }).content[0]?.text ?? '';
  };
  const [big, size, small] = await Promise.all([
    ask('big', { bytes }),
    ask('size', { text: 'é'.repeat(bytes / 2) }),
    echo(proxy, 'beside'),
  ]);
  expect([big.length, size, small]).toEqual([bytes, String(bytes / 2), 'beside']);
});

test('a slow answer holds up no other', async () => {
  const { proxy } = await start(null);
  await proxy.open();
  const slow = proxy.request('tools/call', { name: 'slow', arguments: { milliseconds: 300 } }, 'slow');
  expect(await echo(proxy, 'quick')).toBe('quick');
  expect(proxy.received.some((message) => message.id === 'slow')).toBe(false);
  expect((await slow).result).toMatchObject({ content: [{ text: 'slept' }] });
});
