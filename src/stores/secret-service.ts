/** What the Secret Service of a Linux desktop says of itself, over whichever program speaks D-Bus here. */
import { run, which } from '../system/run.ts';

type Env = Readonly<Record<string, string | undefined>>;

const SERVICE = 'org.freedesktop.secrets';
const PATH = '/org/freedesktop/secrets';
const MEMBER = 'org.freedesktop.Secret.Service';
const TIMEOUT = 2_000;

/** Arguments that ask for the path of the collection which new items go to, by the program that sends them. */
const ASKING: Readonly<Record<string, readonly string[]>> = {
  busctl: ['--user', 'call', SERVICE, PATH, MEMBER, 'ReadAlias', 's', 'default'],
  gdbus: ['call', '--session', '--dest', SERVICE, '--object-path', PATH, '--method', `${MEMBER}.ReadAlias`, 'default'],
  'dbus-send': ['--session', '--print-reply', `--dest=${SERVICE}`, PATH, `${MEMBER}.ReadAlias`, 'string:default'],
};

/** Name of the default collection (`login`); undefined where nothing here can ask, or nobody answers. `env` has the bus. */
export async function defaultCollection(env: Env): Promise<string | undefined> {
  for (const [name, args] of Object.entries(ASKING)) {
    const program = await which(name, env);
    if (program === undefined) continue;
    const { code, stdout } = await run(program, args, { env, timeout: TIMEOUT });
    const found = code === 0 ? /\/org\/freedesktop\/secrets\/collection\/([\w.-]+)/.exec(stdout)?.[1] : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The collection that is kept in memory alone (Secret Service API, 3.2: "session"). */
export const isForgetful = (collection: string): boolean => collection === 'session';
