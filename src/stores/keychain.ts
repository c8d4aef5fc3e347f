/** The only module that loads the native keyring; it does so with the first secret that is needed. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { UserError } from '../errors.ts';
import { splitLong } from './parts.ts';
import { roundTrip } from './roundtrip.ts';
import type { SecretStore, StoreKind, StorePorts } from './types.ts';

type Keyring = typeof import('@napi-rs/keyring');
type Entry = InstanceType<Keyring['AsyncEntry']>;

const SERVICE = 'mcpkey';
/** The library would else fall back to the kernel's keyring, which forgets at reboot. */
const PINNED = { linux: { store: 'secret-service' } } as const;
const TIMEOUT = 3_000;
/** Windows holds 2,560 bytes an item (CRED_MAX_CREDENTIAL_BLOB_SIZE); some are left for safety. */
const WINDOWS_LIMIT = 2_400;
const OTHER_STORE = 'or choose another store: mcpkey store use age';

let loaded: Keyring | undefined;

/** `createRequire` takes a fifth of the time that `import` takes for this package on Node 20. */
function load(ports: StorePorts): Keyring {
  if (loaded) return loaded;
  // Makes the library load any file that it names.
  delete process.env.NAPI_RS_NATIVE_LIBRARY_PATH;
  if (ports.platform === 'linux') process.env.DBUS_SESSION_BUS_ADDRESS = busAddress(ports.env);
  try {
    const keyring: Keyring = createRequire(import.meta.url)('@napi-rs/keyring');
    loaded = keyring;
    return keyring;
  } catch (cause) {
    throw new UserError('store_unavailable', 'The native part of the keychain could not be loaded.', {
      hint: `Install mcpkey again without --omit=optional, ${OTHER_STORE}`,
      cause,
    });
  }
}

/** Clients start us with a bare environment: the bus is then looked for at its usual place. */
function busAddress(env: StorePorts['env']): string {
  if (env.DBUS_SESSION_BUS_ADDRESS) return env.DBUS_SESSION_BUS_ADDRESS;
  const socket = `${env.XDG_RUNTIME_DIR || `/run/user/${process.getuid?.() ?? 0}`}/bus`;
  if (existsSync(socket)) return `unix:path=${socket}`;
  throw new UserError('store_unavailable', 'There is no D-Bus session here, so no keychain (Secret Service).', {
    hint: `Log in to a desktop session, ${OTHER_STORE}`,
  });
}

async function call<T>(
  ports: StorePorts,
  id: string,
  act: (entry: Entry, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { AsyncEntry } = load(ports);
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(silent()), TIMEOUT);
  });
  try {
    return await Promise.race([act(new AsyncEntry(SERVICE, id, PINNED), stop.signal), late]);
  } catch (error) {
    throw error instanceof UserError ? error : refusal(error);
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}

function silent(): UserError {
  return new UserError('store_unavailable', `The keychain did not answer within ${TIMEOUT / 1000} s.`, {
    hint: `Look for a window that asks to unlock it and try again, ${OTHER_STORE}`,
  });
}

function refusal(cause: unknown): UserError {
  const message = cause instanceof Error ? cause.message : String(cause);
  if (/prompt was dismissed|locked|interaction is not allowed/i.test(message)) {
    return new UserError('store_locked', 'The keychain is locked.', {
      hint: `Unlock it and try again, ${OTHER_STORE}`,
      cause,
    });
  }
  return new UserError('store_unavailable', `The keychain is not available: ${message}.`, {
    hint: `Start the system's keychain (on Linux gnome-keyring or KWallet), ${OTHER_STORE}`,
    cause,
  });
}

function open(ports: StorePorts): SecretStore {
  const items = {
    get: async (id: string) => (await call(ports, id, (entry, signal) => entry.getPassword(signal))) ?? undefined,
    set: (id: string, value: string) => call(ports, id, (entry, signal) => entry.setPassword(value, signal)),
    delete: (id: string) => call(ports, id, (entry, signal) => entry.deleteCredential(signal)),
  };
  const whole = ports.platform === 'win32' ? splitLong(items, WINDOWS_LIMIT) : items;
  return { ...whole, list: () => ports.index() };
}

export const store: StoreKind = {
  id: 'keychain',
  title: 'The system’s keychain',
  readOnly: false,
  open,
  async inspect(ports) {
    try {
      await roundTrip(open(ports));
      return { available: true, persistent: true, detail: backend(ports.platform) };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return { available: false, persistent: null, detail: error.message };
    }
  },
};

function backend(platform: NodeJS.Platform): string {
  if (platform === 'darwin') return 'macOS Keychain';
  return platform === 'win32' ? 'Windows Credential Manager' : 'Secret Service';
}
