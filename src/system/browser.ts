import { spawn } from 'node:child_process';

/**
 * Opens an http(s) page. False where there is nothing to open it with: no display, `BROWSER=none`, or a program that
 * does not start. Never throws, since the caller shows the address as well.
 */
export async function openInBrowser(url: string): Promise<boolean> {
  if (!URL.canParse(url)) return false;
  const { protocol, href } = new URL(url);
  if (protocol !== 'https:' && protocol !== 'http:') return false;
  const chosen = process.env.BROWSER;
  if (chosen === 'none') return false;
  try {
    if (chosen) return await started(spawn(chosen, [href], { detached: true, stdio: 'ignore' }));
    if (!hasDisplay()) return false;
    const { default: open } = await import('open');
    const opener = await open(href, { wait: false });
    opener.on('error', () => undefined);
    return true;
  } catch {
    // Whatever `open` stumbles over on this desktop: the person still has the address.
    return false;
  }
}

function started(child: ReturnType<typeof spawn>): Promise<boolean> {
  return new Promise((done) => {
    child.once('error', () => done(false));
    child.once('spawn', () => {
      child.unref();
      done(true);
    });
  });
}

function hasDisplay(): boolean {
  if (process.platform === 'win32' || process.platform === 'darwin') return true;
  const { DISPLAY, WAYLAND_DISPLAY, WSL_DISTRO_NAME } = process.env;
  return Boolean(DISPLAY || WAYLAND_DISPLAY || WSL_DISTRO_NAME);
}
