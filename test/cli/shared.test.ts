import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Encrypter, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Finished } from '../helpers/cli.ts';
import { hasPrograms } from '../helpers/programs.ts';
import { CHANGES, KEY } from './documents.ts';
import type { Machine } from './machine.ts';
import { ROTATED } from './rotation.ts';
import { dieInRotation, type Shared, startShared } from './shared.ts';

const KEYS = z.array(KEY);

/** As if this machine had placed the key into a file that it never touched, and were to run a command. */
const placementsOf = ({ home }: Machine): string => {
  const made = { file: false, tables: [] };
  const common = { server: 'acme', host: 'laptop', scope: 'user', dir: null, variable: 'X', digest: '0', made };
  const at = { placedAt: '2026-11-21T12:00:00.000Z', mode: 'plain' };
  const placements = [
    { ...common, ...at, client: 'env-file', path: `${home.dir}/.profile` },
    { ...common, ...at, client: 'hook', path: `touch ${home.root}/evil` },
  ];
  return `"placements": ${JSON.stringify(placements)}`;
};

const finished = async (machine: Machine, args: readonly string[]): Promise<Finished> => {
  const running = machine.start(args);
  running.child.stdin.end();
  return running.finished;
};

describe.runIf(hasPrograms('etcd'))('machines that share an etcd', () => {
  let shared: Shared;
  beforeAll(async () => {
    shared = await startShared();
  });
  afterAll(() => shared.close());
  beforeEach(() => {
    shared.native.tap = undefined;
  });

  /** Living keys at the service that were made for one name, its marked successors included. */
  const living = (name: string) => shared.native.living().filter((key) => key.name.split('-')[0] === name);
  const secretOf = (name: string) => living(name)[0]?.secrets.at(-1)?.value ?? '';
  const locks = async () => Object.keys(await shared.etcd.dump()).filter((key) => key.startsWith('mcpkey/locks/'));

  it('know the same keys, and each the secret', async () => {
    const { laptop, server } = shared;
    const nothing = await server.fails(['list', '--local', '-p', 'acme']);
    expect(nothing).toMatchObject({ code: 'not_found', message: expect.stringContaining('no profile') });
    const value = secretOf('ci');
    expect((await server.run(['get', 'acme/ci'])).stdout).toBe(`${value}\n`);
    expect(await server.json(KEYS, ['list'])).toMatchObject([{ ref: 'acme/ci', stored: true }]);
    expect(await server.json(KEYS, ['list', '--local'])).toMatchObject([{ ref: 'acme/ci', stored: true }]);
    expect(await server.fails(['create', 'ci'])).toMatchObject({ code: 'conflict' });
    expect(await server.json(ROTATED, ['rotate', 'acme/ci'])).toMatchObject([{ state: 'done' }]);
    const fresh = secretOf('ci');
    expect(fresh).not.toBe(value);
    expect((await laptop.run(['get', 'acme/ci'])).stdout).toBe(`${fresh}\n`);
    for (const machine of [laptop, server]) expect(await machine.filesWith(value, fresh)).toEqual([]);
    expect(JSON.stringify(await shared.etcd.dump())).not.toContain(fresh);
  });

  it('have one rotation of a key at a time, and lose nothing of eight at once', async () => {
    const { laptop, server } = shared;
    const machines = Array.from({ length: 8 }, (_, index) => (index % 2 ? laptop : server));
    const rotated = await Promise.all(machines.map((machine) => finished(machine, ['rotate', 'acme/ci', '--json'])));
    const rows = rotated.flatMap(({ stdout }) => ROTATED.parse(JSON.parse(stdout)));
    // One that came too late is refused; one that began when another had ended rotates anew.
    expect(rows.filter(({ state }) => state !== 'done').map(({ error }) => error?.code)).toEqual(
      rows.filter(({ state }) => state !== 'done').map(() => 'conflict'),
    );
    expect(rows.some(({ state }) => state === 'done')).toBe(true);
    expect(living('ci')).toHaveLength(1);
    expect((await laptop.run(['get', 'acme/ci'])).stdout).toBe(`${secretOf('ci')}\n`);

    const made = await Promise.all(machines.map((machine, index) => finished(machine, ['create', `k${index}`])));
    expect(made.map(({ code, stderr }) => [code, stderr])).toEqual(made.map(({ stderr }) => [0, stderr]));
    const names = (await laptop.json(KEYS, ['list'])).filter(({ stored }) => stored).map(({ name }) => name);
    expect(names.sort()).toEqual(['ci', ...machines.map((_, index) => `k${index}`)]);
    await laptop.run(['log', '--verify']);
  }, 60_000);

  it('end what one of them left when it died, within 20 s', async () => {
    const { etcd, native, laptop, server } = shared;
    await laptop.run(['create', 'dying']);
    await dieInRotation(native, laptop, 'acme/dying');
    const died = performance.now();
    expect(living('dying')).toHaveLength(2);
    // Who can write to the store can have nothing run where the rotation is taken up.
    const evil = join(server.home.root, 'evil');
    const lie = (from: string, to: string) => etcd.edit('mcpkey/docs/journals/', (text) => text.replace(from, to));
    expect(await lie('"onRotated":null', `"onRotated":"touch ${evil}"`)).toBe(1);
    expect(await lie('"host":"laptop"', '"host":"server"')).toBe(1);
    while ((await locks()).length > 0) await sleep(100);
    const freed = performance.now() - died;
    expect((await laptop.run(['whoami'])).stderr).toContain('A rotation was left in the middle.');
    const lied = await finished(server, ['rotate', 'acme/dying', '--resume', '--json']);
    expect(ROTATED.parse(JSON.parse(lied.stdout))).toMatchObject([
      { state: 'resumable', error: { code: 'unsupported' } },
    ]);
    expect(await lie(`"onRotated":"touch ${evil}"`, '"onRotated":null')).toBe(1);
    const began = performance.now();
    const rows = await server.json(ROTATED, ['rotate', 'acme/dying', '--resume']);
    expect(rows).toMatchObject([{ ref: 'acme/dying', state: 'done' }]);
    expect(freed + performance.now() - began).toBeLessThan(20_000);
    expect(living('dying')).toHaveLength(1);
    expect((await laptop.run(['get', 'acme/dying'])).stdout).toBe(`${secretOf('dying')}\n`);
    expect((await laptop.run(['rotate', '--resume'])).stderr).toContain('nothing to resume');
    expect(existsSync(evil)).toBe(false);
  }, 60_000);

  it('tell at once what died on them, and end it without waiting for its lease', async () => {
    const { native, laptop } = shared;
    await laptop.run(['create', 'killed']);
    await dieInRotation(native, laptop, 'acme/killed');
    const { stdout } = await laptop.run(['doctor', '--check', 'rotation.pending', '--json']);
    expect(stdout).toContain('The rotation of acme/killed was left in the middle.');
    expect((await laptop.run(['whoami'])).stderr).toContain('A rotation was left in the middle.');
    expect(await locks(), 'its lease has not ended').toHaveLength(1);
    expect(await laptop.json(ROTATED, ['rotate', 'acme/killed', '--resume'])).toMatchObject([{ state: 'done' }]);
    expect(living('killed')).toHaveLength(1);
  }, 60_000);

  it('write nothing when they come back after their lease has ended', async () => {
    const { etcd, native, laptop, server } = shared;
    await laptop.run(['create', 'late']);
    let release = (): void => undefined;
    const released = new Promise<void>((done) => {
      release = done;
    });
    const late = laptop.start(['rotate', 'acme/late', '--json']);
    late.child.stdin.end();
    await new Promise<void>((done) => {
      native.tap = async (event, { path }) => {
        if (event !== 'arrived' || path !== '/mcp') return undefined;
        native.tap = undefined;
        late.kill('SIGSTOP');
        done();
        await released;
        return undefined;
      };
    });
    expect(await locks()).toHaveLength(1);
    while ((await locks()).length > 0) await sleep(200);
    const [row] = await server.json(ROTATED, ['rotate', 'acme/late', '--resume']);
    expect(row).toMatchObject({ ref: 'acme/late', state: 'done' });
    const [before, asked] = [await etcd.dump(), native.requests.length];
    late.kill('SIGCONT');
    release();
    const { code, stdout } = await late.finished;
    expect(ROTATED.parse(JSON.parse(stdout))).toMatchObject([{ error: { code: 'conflict' } }]);
    expect(code).not.toBe(0);
    expect(await etcd.dump()).toEqual(before);
    expect(native.requests.slice(asked).filter(({ path }) => path.startsWith('/keys'))).toEqual([]);
    expect(living('late')).toHaveLength(1);
    expect((await laptop.run(['get', 'acme/late'])).stdout).toBe(`${secretOf('late')}\n`);
  }, 60_000);

  it('serve a key that another machine rotated, without a restart', async () => {
    const { laptop, server } = shared;
    const proxy = laptop.start(['proxy', 'acme/ci']);
    const ask = (id: number, method: string, params: unknown) =>
      proxy.send(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    const client = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
    ask(1, 'initialize', client);
    await proxy.printed(/"id":1,.*"result"|"result".*"id":1/, 'stdout');
    await server.run(['rotate', 'acme/ci']);
    ask(2, 'tools/list', {});
    await proxy.printed(/"name":"roll"/, 'stdout');
    proxy.child.stdin.end();
    expect((await proxy.finished).code).toBe(0);
  });

  it('give what one of them left another command, which that machine alone runs', async () => {
    const { laptop, server, etcd } = shared;
    await laptop.run(['create', 'handed']);
    const resume = ['rotate', 'acme/handed', '--resume'];
    await laptop.run(['rotate', 'acme/handed', '--on-rotated', 'cat > first; exit 3'], { code: 8 });
    await server.run([...resume, '--on-rotated', 'cat > second; exit 3'], { code: 8 });
    expect(JSON.stringify(await etcd.dump()), 'nothing in the store is ever run').not.toContain('cat > ');
    const { stdout } = await laptop.run([...resume, '--json'], { code: 8 });
    expect(ROTATED.parse(JSON.parse(stdout))).toMatchObject([
      {
        state: 'resumable',
        error: { code: 'unsupported', message: expect.stringContaining('A command of server waits') },
      },
    ]);
    await server.run([...resume, '--on-rotated', 'cat > third']);
    expect(await server.home.read('third')).toBe(secretOf('handed'));
    expect(living('handed')).toHaveLength(1);
    // What was run before it was replaced, each once.
    expect(await readdir(laptop.home.dir)).not.toContain('third');
    expect(await readdir(server.home.dir)).not.toContain('first');
    expect(await readdir(join(server.home.mcpkey, 'state/on-rotated'))).toEqual([]);
  });

  it('renew their own files and hooks by sync, and nobody else’s', async () => {
    const { laptop, server } = shared;
    await laptop.run(['create', 'placed']);
    const place = (...words: string[]) => server.json(CHANGES, ['place', 'acme/placed', ...words]);
    const hooked = join(server.home.dir, 'hooked');
    await place('cursor', '--mode', 'plain');
    await place('claude-desktop');
    await place('env-file', '--file', join(server.home.dir, '.env'), '--var', 'ACME');
    await place('hook', '--command', `cat > ${hooked}`);
    const old = secretOf('placed');
    const rotated = await laptop.run(['rotate', 'acme/placed']);
    expect(rotated.stderr).toContain('on server holds the old key until this is run there: mcpkey sync');
    const fresh = secretOf('placed');
    expect(await server.filesWith(old)).toHaveLength(3);
    expect(await server.json(CHANGES, ['sync'])).toMatchObject([
      { client: 'cursor', mode: 'plain', changed: true },
      { client: 'env-file', server: 'ACME', changed: true },
      { client: 'hook', server: `cat > ${hooked}`, changed: true },
    ]);
    expect(await server.filesWith(old)).toEqual([]);
    expect((await server.filesWith(fresh)).sort()).toEqual(
      ['.cursor/mcp.json', '.env', 'hooked'].map((path) => join(server.home.dir, path)),
    );
    expect(await server.json(CHANGES, ['sync'])).toEqual([]);
    expect((await laptop.run(['sync'])).stderr).toContain('Nothing waits on this machine.');
    await server.run(['rotate', 'acme/placed']);
    expect(await server.filesWith(fresh)).toEqual([]);
    expect(await server.json(CHANGES, ['sync'])).toEqual([]);
    await place('cursor', '--name', 'second');
    await laptop.json(CHANGES, ['place', 'acme/placed', 'cursor']);
    await server.run(['undo', '--yes']);
    expect(await server.home.read('.cursor/mcp.json')).not.toContain('second');
    expect(await laptop.home.read('.cursor/mcp.json')).toContain('acme');
  });

  it('answer what needs no network from what was seen last, and say what is not there', async () => {
    const { laptop } = shared;
    const env = { MCPKEY_ETCD_ENDPOINTS: 'http://127.0.0.1:1' };
    const local = await laptop.json(KEYS, ['list', '--local', '--match', 'ci'], { env });
    expect(local).toMatchObject([{ ref: 'acme/ci', stored: true }]);
    expect((await laptop.run(['__complete', '--', 'rotate', 'acme/c'], { env })).stdout).toContain('acme/ci');
    for (const args of [['get', 'acme/ci'], ['list'], ['rotate', 'acme/ci'], ['create', 'x'], ['log']]) {
      expect(await laptop.fails(args, { env }), args.join()).toMatchObject({ code: 'store_unavailable', exit: 7 });
    }
  });

  it('have their keys moved there and back', async () => {
    const { server, machine } = shared;
    const phone = await machine('phone', { MCPKEY_STORE: 'age' });
    await phone.run(['profile', 'add', 'acme-rolls', '--url', shared.native.url, '-p', 'acme']);
    await phone.run(['create', 'moved']);
    expect(await server.fails(['get', 'acme/moved'])).toMatchObject({ code: 'unsupported' });
    const etcd = { env: { MCPKEY_STORE: 'etcd' } };
    await phone.run(['store', 'migrate', '--to', 'etcd'], etcd);
    expect((await server.run(['get', 'acme/moved'])).stdout).toBe(`${secretOf('moved')}\n`);
    expect((await phone.run(['get', 'acme/moved'], etcd)).stdout).toBe(`${secretOf('moved')}\n`);
    await server.run(['rotate', 'acme/moved']);
    expect((await phone.run(['get', 'acme/moved'], etcd)).stdout).toBe(`${secretOf('moved')}\n`);
    const only = ['--match', 'moved', '--local', '-p', 'acme'];
    expect(await phone.json(KEYS, ['list', ...only])).toEqual([]);
    expect(await phone.json(KEYS, ['list', ...only], etcd)).toHaveLength(1);
  });

  it('send no key to another origin, whatever someone writes into the store', async () => {
    const { etcd, native, laptop, machine } = shared;
    const asked: string[] = [];
    const evil = createServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`);
      response.end('{}');
    }).listen(0, '127.0.0.1');
    await once(evil, 'listening');
    const address = evil.address();
    const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
    try {
      await laptop.run(['create', 'guarded']);
      const changed = await etcd.edit('mcpkey/docs/keys/acme/guarded', (text) =>
        text.replaceAll(new URL(native.url).origin, url).replace(/"placements": \[\]/, placementsOf(laptop)),
      );
      expect(changed).toBe(1);
      // Even one who knows for whom the machines encrypt.
      const name = 'profiles/acme';
      const encrypter = new Encrypter();
      encrypter.addRecipient(await identityToRecipient(shared.identity));
      const profile = JSON.stringify({ name: 'acme', provider: 'acme-rolls', url });
      const forged = await encrypter.encrypt(JSON.stringify({ id: `mcpkey/docs/${name}`, value: profile }));
      const known = await etcd.dump();
      await etcd.put(`mcpkey/docs/${name}`, Buffer.from(forged).toString('base64'));
      const fresh = await machine('fresh');
      for (const words of [['verify'], ['get'], ['headers'], ['rotate'], ['exec', '--no-mask']]) {
        const behind = words[0] === 'exec' ? ['--', 'env'] : [];
        expect((await finished(fresh, [...words, 'acme/guarded', ...behind])).code, words.join()).toBe(5);
      }
      expect(asked).toEqual([]);
      // And one who moved the profile on the machine itself.
      await etcd.put(`mcpkey/docs/${name}`, known[`mcpkey/docs/${name}`] ?? '');
      await fresh.run(['list', '--all-profiles']);
      const config = JSON.parse(await fresh.home.read(join(fresh.home.mcpkey, 'config/config.json')));
      config.profiles.acme.url = url;
      await fresh.home.write(join(fresh.home.mcpkey, 'config/config.json'), JSON.stringify(config));
      for (const words of [['verify'], ['get'], ['headers'], ['exec', '--no-mask']]) {
        const behind = words[0] === 'exec' ? ['--', 'env'] : [];
        const refused = await finished(fresh, [...words, 'acme/guarded', ...behind]);
        expect(refused.code, words.join()).toBe(1);
        expect(refused.stdout + refused.stderr).toContain('was made for');
      }
      await finished(laptop, ['rotate', 'acme/guarded']);
      expect((await laptop.json(KEY, ['show', 'acme/guarded'])).placements).toEqual([]);
      expect(existsSync(join(laptop.home.root, 'evil'))).toBe(false);
      expect(existsSync(join(laptop.home.dir, '.profile'))).toBe(false);
      expect(asked.filter((line) => line.includes('roll_'))).toEqual([]);
    } finally {
      evil.close();
    }
  });

  it('rotate a hundred keys while a member is killed', async () => {
    const { etcd, native, server } = shared;
    const names = Array.from({ length: 100 }, (_, index) => `n${index}`);
    await shared.makeKeys(names);
    let revoked = 0;
    native.tap = async (event, { path }) => {
      if (event === 'answered' && path === '/keys/revoke') revoked += 1;
      if (revoked === 30) etcd.members[0]?.signal('SIGKILL');
      return undefined;
    };
    const args = ['rotate', '--all', '-p', 'acme', '--match', 'n*', '--concurrency', '16'];
    const rows = await server.json(ROTATED, args, { timeout: 90_000 });
    expect(rows.filter(({ state }) => state !== 'done')).toEqual([]);
    expect(rows).toHaveLength(100);
    for (const name of names) expect(living(name), name).toHaveLength(1);
    const kept = await server.json(KEYS, ['list', '--local', '--match', 'n*']);
    const ids = new Map(kept.map(({ name, id }) => [name, id]));
    for (const name of names) expect(ids.get(name)).toBe(living(name)[0]?.id);
    expect((await server.run(['get', 'acme/n99'])).stdout).toBe(`${secretOf('n99')}\n`);
  }, 120_000);
});
