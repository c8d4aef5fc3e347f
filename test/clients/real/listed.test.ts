/** Real programs of clients, offline: what each says of a server that mcpkey placed, after a rotation, and after the key's end. */
import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLIENTS } from '../../../src/clients/index.ts';
import { createMachine, type Machine } from '../../cli/machine.ts';
import { type Native, startNative } from '../../sandbox/native.ts';
import { bearerOf } from '../../sandbox/request.ts';
import { LISTINGS } from './listings/index.ts';
import { type Model, startModel } from './listings/model.ts';
import type { Site } from './listings/types.ts';
import { globalMcpkey, nodeFor, realProgram } from './programs.ts';

const VARIABLE = 'ACME_KEY';
let native: Native;
let model: Model;
beforeAll(async () => {
  [native, model] = await Promise.all([startNative(), startModel()]);
});
afterAll(() => Promise.all([native.close(), model.close()]));

const newest = (): string => native.living().at(-1)?.secrets.at(-1)?.value ?? '';

async function settle(id: string, folders: readonly string[]): Promise<{ machine: Machine; site: Site }> {
  const machine = await createMachine({ MCPKEY_TOKEN: native.token });
  const manifest = await machine.home.write('acme-rolls.json', JSON.stringify(native.manifest));
  await machine.run(['provider', 'add', manifest, '--yes']);
  await machine.run(['profile', 'add', 'acme-rolls', '--url', native.url, '-p', 'acme']);
  await machine.run(['create', 'ci']);
  const cwd = join(machine.home.dir, 'shop');
  await mkdir(cwd);
  execFileSync('git', ['init', '--quiet', cwd]);
  const path = [...folders, await globalMcpkey(machine.home), machine.home.env.PATH].join(delimiter);
  const { MCPKEY_TOKEN: _, ...own } = machine.home.env;
  const seen = () => {
    const live = new Set(native.accepted());
    const asked = native.requests.splice(0).filter(({ path }) => path === '/mcp');
    const accepted = asked.filter((request) => live.has(bearerOf(request) ?? '')).length;
    return { accepted, refused: asked.length - accepted };
  };
  const site = { machine, cwd, seen, model: model.url, env: { ...own, PATH: path, NO_COLOR: '1' } };
  await LISTINGS[id]?.prepare?.(site);
  return { machine, site };
}

for (const [id, listing] of Object.entries(LISTINGS)) {
  const program = await realProgram(id);
  const node = await nodeFor(listing.node);
  const client = Object.values(CLIENTS).find((each) => each.id === id);
  describe.runIf(program !== undefined && node !== undefined)(id, { timeout: 120_000 }, () => {
    const folders = [program ?? '', dirname(node ?? '')];
    const hasFile = id !== 'mcp-inspector';

    it('is connected by what mcpkey placed, after a rotation too, and tells that the key is refused', async () => {
      const { machine, site } = await settle(id, folders);
      const first = newest();
      if (hasFile) await machine.run(['place', 'acme/ci', id]);
      const before = await listing.ask(site, 'acme');
      expect(before.verdict, before.output).toBe('connected');
      await machine.run(['rotate', 'acme/ci']);
      const second = newest();
      const after = await listing.ask(site, 'acme');
      expect([after.verdict, second === first], after.output).toEqual(['connected', false]);
      native.revoke(native.living().at(-1)?.id ?? '');
      const end = await listing.ask(site, 'acme');
      expect(end.verdict, end.output).toBe('failed');
      const printed = [before, after, end].map(({ output }) => output).join('\n');
      expect([first, second].filter((secret) => printed.includes(secret))).toEqual([]);
      expect(await machine.filesWith(first, second)).toEqual([]);
    });

    if (!hasFile || !client?.modes.includes('env')) return;
    it('takes the key from the variable that mcpkey named', async () => {
      const { machine, site } = await settle(id, folders);
      await machine.run(['place', 'acme/ci', id, '--mode', 'env', '--var', VARIABLE]);
      const set = await listing.ask({ ...site, env: { ...site.env, [VARIABLE]: newest() } }, 'acme');
      expect(set.verdict, set.output).toBe('connected');
      const wrong = await listing.ask({ ...site, env: { ...site.env, [VARIABLE]: 'another-key' } }, 'acme');
      expect(wrong.verdict, wrong.output).toBe('failed');
    });
  });
}
