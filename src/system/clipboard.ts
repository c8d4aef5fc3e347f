import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { UserError } from '../errors.ts';
import { which } from './run.ts';

interface Clipboard {
  /** Takes the text on stdin. */
  readonly copy: readonly [string, ...string[]];
  readonly paste: readonly [string, ...string[]];
}

const POWERSHELL_PASTE = ['powershell', '-NoProfile', '-Command', 'Get-Clipboard -Raw'] as const;

function candidates(): readonly Clipboard[] {
  if (process.platform === 'darwin') return [{ copy: ['pbcopy'], paste: ['pbpaste'] }];
  if (process.platform === 'win32') return [{ copy: ['clip'], paste: POWERSHELL_PASTE }];
  const wayland: Clipboard = { copy: ['wl-copy'], paste: ['wl-paste', '--no-newline'] };
  const x11: readonly Clipboard[] = [
    { copy: ['xclip', '-selection', 'clipboard'], paste: ['xclip', '-selection', 'clipboard', '-o'] },
    { copy: ['xsel', '--clipboard', '--input'], paste: ['xsel', '--clipboard', '--output'] },
  ];
  return [...(process.env.WAYLAND_DISPLAY ? [wayland] : []), ...(process.env.DISPLAY ? x11 : [])];
}

/**
 * Puts `text` on the clipboard and takes it away after `seconds`, unless something else was copied meanwhile. Returns as
 * soon as it is there; a process of its own waits, which knows a salted hash of the text and not the text. Throws
 * `unsupported` where there is no clipboard.
 */
export async function copyForAWhile(text: string, seconds: number): Promise<void> {
  for (const clipboard of candidates()) {
    const [program, ...args] = clipboard.copy;
    const path = await which(program, process.env);
    if (path === undefined) continue;
    // What these programs leave running to serve the clipboard must not hold a stream of ours.
    const child = spawn(path, args, { stdio: ['pipe', 'ignore', 'ignore'], windowsHide: true });
    const copied = exitOf(child);
    child.stdin?.end(text);
    if ((await copied) !== 0) continue;
    await clearLater(clipboard, text, seconds);
    return;
  }
  throw new UserError('unsupported', 'There is no clipboard here that can be written to.', {
    hint: 'Install wl-clipboard, xclip or xsel and run on a desktop, or leave --clip out.',
  });
}

function exitOf(child: ChildProcess): Promise<number | undefined> {
  return new Promise((done) => {
    child.once('error', () => done(undefined));
    child.once('exit', (code) => done(code ?? undefined));
    child.stdin?.on('error', () => undefined);
  });
}

/** Reads its orders from stdin, so that no argument list and no environment holds them. */
const CLEARER = `
const { spawn, spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const { copy, paste, salt, digest, wait } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
setTimeout(() => {
  const seen = spawnSync(paste[0], paste.slice(1), { windowsHide: true }).stdout ?? Buffer.alloc(0);
  const hash = (text) => createHash('sha256').update(salt).update(text).digest('hex');
  if (hash(seen) !== digest && hash(seen.toString().replace(/\\r?\\n$/, '')) !== digest) return;
  spawn(copy[0], copy.slice(1), { stdio: ['pipe', 'ignore', 'ignore'], windowsHide: true }).stdin.end('');
}, wait);
`;

async function clearLater(clipboard: Clipboard, text: string, seconds: number): Promise<void> {
  const salt = randomBytes(16).toString('hex');
  const digest = createHash('sha256').update(salt).update(text).digest('hex');
  const child = spawn(process.execPath, ['-e', CLEARER], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    windowsHide: true,
  });
  await new Promise<void>((done, fail) => {
    child.once('error', fail);
    child.stdin.end(JSON.stringify({ ...clipboard, salt, digest, wait: seconds * 1000 }), () => done());
  });
  child.unref();
}
