import type { LoginPorts, Patience, SessionPorts } from '../auth/types.ts';
import type { Context } from '../context.ts';
import type { Profile } from '../profiles.ts';
import { pause } from '../system/pause.ts';
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
