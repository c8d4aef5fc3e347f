import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SecretService {
  /** `DBUS_SESSION_BUS_ADDRESS` of a bus of its own, on which a real keyring answers. */
  readonly address: string;
  /** Starts the keyring anew with its collection locked, as after a reboot, on a new bus. */
  lock(): Promise<void>;
  stop(): Promise<void>;
}

const PROGRAMS = ['dbus-run-session', 'gnome-keyring-daemon'];

/**
 * False on a machine that has no keyring to test with. In CI it must be there, so nothing is skipped unseen: Debian's
 * packages are `dbus` and `gnome-keyring`.
 */
export function hasSecretService(): boolean {
  const missing = PROGRAMS.filter((program) => !runs(program));
  if (missing.length > 0 && process.env.CI) throw new Error(`not installed: ${missing.join(', ')}`);
  return missing.length === 0;
}

function runs(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A session bus and gnome-keyring in a folder of their own; works as root, and beside others. */
export async function startSecretService(): Promise<SecretService> {
  const folder = await mkdtemp(join(tmpdir(), 'mcpkey-keyring-'));
  let session = await startSession(folder, 'printf test | gnome-keyring-daemon --unlock --components=secrets');
  return {
    get address() {
      return session.address;
    },
    async lock() {
      await endSession(session.child);
      session = await startSession(folder, 'gnome-keyring-daemon --start --components=secrets < /dev/null');
    },
    async stop() {
      await endSession(session.child);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

interface Session {
  readonly child: ChildProcess;
  readonly address: string;
}

/** The bus lives as long as the shell in it, and that as long as its stdin. */
async function startSession(folder: string, daemon: string): Promise<Session> {
  const ready = 'echo "bus $DBUS_SESSION_BUS_ADDRESS"; exec cat';
  const wait = `until dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner string:org.freedesktop.secrets | grep -q true; do sleep 0.05; done`;
  // Keyring and prompter would else take the person's own folders, display and running daemon; and a daemon that is
  // just ending would take a new one's place.
  const runtime = await mkdtemp(join(folder, 'run-'));
  const env = { PATH: process.env.PATH, HOME: folder, XDG_RUNTIME_DIR: runtime, XDG_DATA_HOME: join(folder, 'data') };
  const script = `${daemon} > /dev/null && ${wait} && ${ready}`;
  const child = spawn('dbus-run-session', ['--', 'sh', '-c', script], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let text = '';
  let complaints = '';
  const address = await new Promise<string>((done, fail) => {
    const look = (chunk: Buffer) => {
      text += chunk.toString();
      const found = /^bus (.+)$/m.exec(text)?.[1];
      if (found !== undefined && text.endsWith('\n')) done(found);
    };
    child.stdout.on('data', look);
    child.stderr.on('data', (chunk: Buffer) => {
      complaints += chunk.toString();
    });
    child.on('error', fail);
    child.on('exit', (code) => fail(new Error(`the keyring's session ended (${code}):\n${complaints}`)));
  });
  return { child, address };
}

async function endSession(child: ChildProcess): Promise<void> {
  const ended = new Promise((done) => child.once('exit', done));
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.stdin?.end();
  await ended;
}
