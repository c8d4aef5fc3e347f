/** A key that programs use while it is rotated: none of them is started again. */
import { expect, it } from 'vitest';
import type { Running } from '../helpers/cli.ts';
import { startRotating } from './rotation.ts';

const say = (running: Running, id: number, method: string, params: object = {}): void =>
  running.send(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);

/** Calls the service's one tool through a proxy, and resolves to its words. */
async function roll(running: Running, id: number): Promise<string> {
  say(running, id, 'tools/call', { name: 'roll', arguments: {} });
  const [line] = await running.printed(new RegExp(`^.*"id":${id}[,}].*$`, 'm'), 'stdout');
  return line;
}

it('a running proxy and headers use the new key from the next request on, in grace and after it', async () => {
  const { machine, native } = await startRotating();
  const proxy = machine.start(['proxy', 'acme/ci']);
  const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
  say(proxy, 1, 'initialize', params);
  await proxy.printed(/"id":1[,}]/, 'stdout');
  proxy.send('{"jsonrpc":"2.0","method":"notifications/initialized"}\n');
  expect(await roll(proxy, 2)).toContain('eyes');
  const used = () => {
    const last = native.requests.filter(({ rpc }) => rpc.includes('tools/call')).at(-1);
    return String(last?.headers.authorization).slice('Bearer '.length);
  };
  const newest = () => native.living().at(-1)?.secrets.at(-1)?.value;
  const first = used();

  await machine.run(['rotate', 'acme/ci', '--grace', '1h']);
  expect(native.accepted()).toContain(first);
  expect(await roll(proxy, 3)).toContain('eyes');
  expect(used()).toBe(newest());
  expect(JSON.parse((await machine.run(['headers', 'acme/ci'])).stdout)).toEqual({
    Authorization: `Bearer ${newest()}`,
  });

  await machine.run(['rotate', 'acme/ci']);
  expect(native.accepted()).toEqual([newest()]);
  expect(await roll(proxy, 4)).toContain('eyes');
  expect(used()).toBe(newest());
  proxy.kill();
  await proxy.finished;
});
