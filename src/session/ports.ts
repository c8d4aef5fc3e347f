import type { LoginPorts, Patience, SessionPorts } from '../auth/types.ts';
import type { Context } from '../context.ts';
import { Cancelled } from '../errors.ts';
import type { Profile } from '../profiles.ts';
import { createRegistrations } from './registrations.ts';

type Needs = Pick<Context, 'fetch' | 'now' | 'signal' | 'sleep' | 'options' | 'paths' | 'locks' | 'vault'>;
type SessionNeeds = Pick<Context, 'fetch' | 'now' | 'signal' | 'sleep' | 'options'>;

const ATTEMPTS = 3;
const MAX_WAIT = 60_000;

export const sessionPorts = (context: SessionNeeds, profile: Profile, attempts?: number): SessionPorts => ({
  fetch: context.fetch,
  now: context.now,
  signal: context.signal,
  allowHttp: profile.allowHttp ?? false,
  patience: patienceOf(context, attempts),
});

/** A login's ports; what is shown goes to `screen`. */
export function loginPorts(
  context: Needs,
  profile: Profile,
  screen: Pick<LoginPorts, 'showDevice' | 'openBrowser' | 'note'>,
  attempts?: number,
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
    patience: patienceOf(context, attempts),
  };
}

const patienceOf = ({ options, sleep, now }: SessionNeeds, attempts = ATTEMPTS): Patience => ({
  attempts,
  maxWait: options.maxWait ?? MAX_WAIT,
  sleep,
  now,
});

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
