import type { LoginPorts, SessionPorts } from '../auth/types.ts';
import type { Context } from '../context.ts';
import { Cancelled } from '../errors.ts';
import type { Profile } from '../profiles.ts';
import { createRegistrations } from './registrations.ts';

type Needs = Pick<Context, 'fetch' | 'now' | 'signal' | 'paths' | 'locks' | 'vault'>;

export const sessionPorts = (context: Pick<Context, 'fetch' | 'now' | 'signal'>, profile: Profile): SessionPorts => ({
  fetch: context.fetch,
  now: context.now,
  signal: context.signal,
  allowHttp: profile.allowHttp ?? false,
});

/** A login's ports; what is shown goes to `screen`. */
export function loginPorts(
  context: Needs,
  profile: Profile,
  screen: Pick<LoginPorts, 'showDevice' | 'openBrowser' | 'note'>,
): LoginPorts {
  return {
    fetch: context.fetch,
    now: context.now,
    signal: context.signal,
    sleep: pause,
    showDevice: screen.showDevice,
    openBrowser: screen.openBrowser,
    note: screen.note,
    registrations: createRegistrations(context, profile.name),
  };
}

/** Rejects with `Cancelled` as soon as `signal` aborts; nothing keeps the process alive then. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((done, fail) => {
    const stop = () => {
      clearTimeout(timer);
      fail(new Cancelled());
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      done();
    }, milliseconds);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
