import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll } from 'vitest';

export interface EtcdMember {
  readonly url: string;
  signal(signal: NodeJS.Signals): void;
}

export interface Etcd {
  readonly members: readonly EtcdMember[];
  /** `MCPKEY_ETCD_ENDPOINTS`. */
  readonly endpoints: string;
  /** One request to the JSON gateway, as anyone who may write to etcd can send it. */
  call(path: string, body: unknown): Promise<Record<string, unknown>>;
  /** All that is there, decoded: what someone who can read etcd sees. */
  dump(): Promise<Readonly<Record<string, string>>>;
  /** Writes a value, latin1. */
  put(key: string, value: string): Promise<void>;
  /** Changes every value below a prefix, as someone may who can write there; resolves to how many it changed. */
  edit(prefix: string, change: (text: string) => string): Promise<number>;
  stop(): Promise<void>;
}

export interface EtcdOptions {
  readonly members?: number;
  /** Paths of PEM files; with them clients must bring a certificate. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
}

const running = new Set<Etcd>();

/** Real etcd members on loopback, data in memory where there is such a disk; ended after the test file. */
export async function startEtcd({ members: count = 1, tls }: EtcdOptions = {}): Promise<Etcd> {
  const folder = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'mcpkey-etcd-'));
  const ports = await freePorts(count * 2);
  const scheme = tls ? 'https' : 'http';
  const plans = Array.from({ length: count }, (_, index) => ({
    name: `m${index + 1}`,
    url: `${scheme}://127.0.0.1:${ports[index * 2]}`,
    peer: `http://127.0.0.1:${ports[index * 2 + 1]}`,
  }));
  const cluster = plans.map(({ name, peer }) => `${name}=${peer}`).join(',');
  const complaints: string[] = [];
  const children = plans.map(({ name, url, peer }) => {
    const words = [
      ...['--name', name, '--data-dir', join(folder, name), '--log-level', 'error', '--logger', 'zap'],
      ...['--listen-client-urls', url, '--advertise-client-urls', url],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', cluster],
      ...(count > 1 ? ['--heartbeat-interval', '50', '--election-timeout', '500'] : []),
      ...(tls
        ? ['--cert-file', tls.cert, '--key-file', tls.key, '--trusted-ca-file', tls.ca, '--client-cert-auth']
        : []),
    ];
    const env = { PATH: process.env.PATH, HOME: folder, ETCD_UNSUPPORTED_ARCH: process.arch };
    const child = spawn('etcd', words, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk.toString()));
    return child;
  });
  const etcd: Etcd = {
    members: plans.map(({ url }, index) => ({ url, signal: (signal) => void children[index]?.kill(signal) })),
    endpoints: plans.map(({ url }) => url).join(','),
    async call(path, body) {
      const response = await fetch(`${plans[0]?.url}${path}`, { method: 'POST', body: JSON.stringify(body) });
      return JSON.parse(await response.text());
    },
    async dump() {
      const { kvs = [] } = (await etcd.call('/v3/kv/range', { key: 'AA==', range_end: 'AA==' })) as {
        kvs?: { key: string; value?: string }[];
      };
      const text = (base64 = '') => Buffer.from(base64, 'base64').toString('latin1');
      return Object.fromEntries(kvs.map(({ key, value }) => [text(key), text(value)]));
    },
    async put(key, value) {
      const base64 = (text: string) => Buffer.from(text, 'latin1').toString('base64');
      await etcd.call('/v3/kv/put', { key: base64(key), value: base64(value) });
    },
    async edit(prefix, change) {
      let changed = 0;
      for (const [key, value] of Object.entries(await etcd.dump())) {
        if (!key.startsWith(prefix) || change(value) === value) continue;
        await etcd.put(key, change(value));
        changed += 1;
      }
      return changed;
    },
    async stop() {
      running.delete(etcd);
      await Promise.all(children.map(end));
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
  running.add(etcd);
  if (tls) await Promise.all(ports.filter((_, index) => index % 2 === 0).map((port) => listening(port, children)));
  else await healthy(etcd, children, complaints);
  return etcd;
}

async function healthy(etcd: Etcd, children: readonly ChildProcess[], complaints: readonly string[]): Promise<void> {
  for (const { url } of etcd.members) {
    for (;;) {
      if (children.some(({ exitCode }) => exitCode !== null)) throw new Error(`etcd ended:\n${complaints.join('')}`);
      const answer = await fetch(`${url}/health`).then(
        (response) => response.text(),
        () => '',
      );
      if (answer.includes('"true"')) break;
      await sleep(50);
    }
  }
}

async function listening(port: number | undefined, children: readonly ChildProcess[]): Promise<void> {
  const { connect } = await import('node:net');
  for (;;) {
    if (children.some(({ exitCode }) => exitCode !== null)) throw new Error('etcd ended');
    const open = await new Promise<boolean>((done) => {
      const socket = connect(port ?? 0, '127.0.0.1', () => done(true));
      socket.on('error', () => done(false)).on('connect', () => socket.end());
    });
    if (open) return;
    await sleep(50);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((done) => child.once('exit', done));
  child.kill('SIGCONT');
  child.kill('SIGKILL');
  await ended;
}

/** All held at once, so that they differ. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((done) => {
          const server = createServer().listen(0, '127.0.0.1', () => done(server));
        }),
    ),
  );
  return Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((done) => {
          const address = server.address();
          server.close(() => done(typeof address === 'object' && address ? address.port : 0));
        }),
    ),
  );
}

afterAll(async () => {
  for (const etcd of running) await etcd.stop();
});
