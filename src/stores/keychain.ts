import { existsSync } from 'node:fs';
import { UserError } from '../errors.ts';
import {
  createKeyringProcess,
  type KeyringAnswer,
  type KeyringProcess,
  type KeyringRequest,
} from './keyring-process.ts';
import { splitLong } from './parts.ts';
import { roundTrip } from './roundtrip.ts';
import { defaultCollection, isForgetful } from './secret-service.ts';
import type { SecretStore, StoreKind, StorePorts, StoreState } from './types.ts';

const TIMEOUT = 3_000;
/** Windows holds 2,560 bytes an item (CRED_MAX_CREDENTIAL_BLOB_SIZE); some are left for safety. */
const WINDOWS_LIMIT = 2_400;
const OTHER_STORE = 'or choose another store: mcpkey store use age';

/** Environment of the process that speaks to the keychain. */
function keychainEnv({ env, platform }: StorePorts): StorePorts['env'] {
  return platform === 'linux' ? { ...env, DBUS_SESSION_BUS_ADDRESS: busAddress(env) } : env;
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

async function ask(keyring: KeyringProcess, request: KeyringRequest): Promise<unknown> {
  const answer = await keyring.ask(request, TIMEOUT);
  const fault = answer === undefined ? silent() : refusal(answer);
  if (fault) throw fault;
  return answer?.value;
}

function silent(): UserError {
  return new UserError('store_unavailable', `The keychain did not answer within ${TIMEOUT / 1000} s.`, {
    hint: `If a window asked to unlock it, unlock it first and try again, ${OTHER_STORE}`,
  });
}

/** How a locked keychain is told from one that is not there: by the library's words, it has no codes. */
function refusal({ load, error }: KeyringAnswer): UserError | undefined {
  if (load !== undefined) {
    return new UserError('store_unavailable', 'The native part of the keychain could not be loaded.', {
      hint: `Install mcpkey again without --omit=optional, ${OTHER_STORE}`,
      cause: new Error(load),
    });
  }
  if (error === undefined) return undefined;
  const cause = new Error(error);
  if (/prompt was dismissed|locked|interaction is not allowed/i.test(error)) {
    return new UserError('store_locked', 'The keychain is locked.', {
      hint: `Unlock it and try again, ${OTHER_STORE}`,
      cause,
    });
  }
  return new UserError('store_unavailable', `The keychain is not available: ${error}`, {
    hint: `Start the system's keychain (on Linux gnome-keyring or KWallet), ${OTHER_STORE}`,
    cause,
  });
}

function open(ports: StorePorts): SecretStore {
  let keyring: KeyringProcess | undefined;
  const act = async (request: KeyringRequest) => {
    keyring ??= createKeyringProcess(keychainEnv(ports));
    return ask(keyring, request);
  };
  const items = {
    async get(id: string) {
      const value = await act({ act: 'getPassword', id });
      return typeof value === 'string' ? value : undefined;
    },
    async set(id: string, value: string) {
      await act({ act: 'setPassword', id, value });
    },
    delete: async (id: string) => (await act({ act: 'deleteCredential', id })) === true,
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
      return { available: true, ...(await backend(ports)) };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return { available: false, persistent: null, detail: error.message };
    }
  },
};

/** What keeps the items, and whether it lasts. */
async function backend(ports: StorePorts): Promise<Pick<StoreState, 'persistent' | 'detail'>> {
  if (ports.platform === 'darwin') return { persistent: true, detail: 'macOS Keychain' };
  if (ports.platform === 'win32') return { persistent: true, detail: 'Windows Credential Manager' };
  const collection = await defaultCollection(keychainEnv(ports));
  if (collection === undefined) return { persistent: null, detail: 'Secret Service' };
  const forgets = isForgetful(collection);
  const detail = `Secret Service, collection "${collection}"${forgets ? ', which is kept in memory alone' : ''}`;
  return { persistent: !forgets, detail };
}
