/**
 * Any program that speaks the docker-credential-helper protocol: `docker-credential-NAME get|store|erase|list`, the
 * request on stdin, the answer or the complaint on stdout (docker/docker-credential-helpers, README, "Development").
 */
import { createHash } from 'node:crypto';
import { UserError } from '../errors.ts';
import { run, which } from '../system/run.ts';
import { fromLine, toLine } from './one-line.ts';
import { splitLong } from './parts.ts';
import { roundTrip } from './roundtrip.ts';
import type { SecretStore, StoreKind, StorePorts } from './types.ts';

type Action = 'get' | 'store' | 'erase' | 'list';

/** Ids as addresses that no name server can know (RFC 2606), so that no other user of the helper takes one for its own. */
const SERVER = 'https://mcpkey.invalid/';
const USERNAME = 'mcpkey';
/** A person may have to unlock something. */
const TIMEOUT = 60_000;
/** Windows' Credential Manager holds 2,560 bytes an item; some are left for safety. */
const WINDOWS_LIMIT = 2_400;
/** Where helpers, and the programs that they call, are when a client hands over a bare PATH. */
const USUAL_FOLDERS = ['/usr/local/bin', '/opt/homebrew/bin', '/usr/bin', '/bin'];
const NAME = /^[a-z0-9][a-z0-9_.-]*$/i;

/** The words that the protocol gives for a missing item; older helpers give an empty secret instead. */
const MISSING = /^credentials not found in native keychain$/m;
const LOCKED = /locked|unlock|dismissed|pinentry|decryption failed|no secret key|passphrase|cancell?ed|interaction/i;

/** Some helpers make a file name of the address. */
const LONGEST = 160;

function urlOf(id: string): string {
  const url = SERVER + id.replaceAll('#', '%23');
  if (url.length <= LONGEST) return url;
  return `${SERVER}~${createHash('sha256').update(id).digest('hex')}`;
}

function helperEnv({ env, platform }: StorePorts): StorePorts['env'] {
  if (platform === 'win32') return env;
  const folders = [...(env.PATH ?? '').split(':'), ...USUAL_FOLDERS].filter((folder) => folder !== '');
  return { ...env, PATH: [...new Set(folders)].join(':') };
}

/** Resolves to what the helper prints; undefined where it has no such item. */
async function ask(name: string, ports: StorePorts, action: Action, input: string): Promise<string | undefined> {
  const env = helperEnv(ports);
  const program = await programOf(name, env);
  const { code, stdout, stderr } = await run(program, [action], { input, env, timeout: TIMEOUT });
  if (code === 0) return stdout;
  if (MISSING.test(stdout)) return undefined;
  throw refusal(name, code, readable(stdout) || readable(stderr));
}

async function programOf(name: string, env: StorePorts['env']): Promise<string> {
  const program = await which(`docker-credential-${name}`, env);
  if (program !== undefined) return program;
  throw new UserError('store_unavailable', `There is no program docker-credential-${name} on the PATH.`, {
    hint: `Install it (on Debian: golang-docker-credential-helpers), or choose another store: mcpkey store use age`,
  });
}

/** The first line of a complaint, without what could move a terminal's cursor. */
function readable(text: string): string {
  const line = text.split('\n').find((each) => each.trim() !== '') ?? '';
  return line
    .replace(/[\x00-\x1f\x7f-\x9f]/g, ' ')
    .trim()
    .slice(0, 200);
}

function refusal(name: string, code: number, complaint: string): UserError {
  const what = `docker-credential-${name}`;
  if (code === 124) {
    return new UserError('store_unavailable', `${what} did not answer within ${TIMEOUT / 1000} s.`, {
      hint: 'If it waits for a password, unlock its store first and try again.',
    });
  }
  const said = complaint === '' ? `it ended with code ${code}` : complaint;
  if (LOCKED.test(complaint)) {
    return new UserError('store_locked', `${what} could not open its store: ${said}`, {
      hint: 'Unlock it and try again.',
    });
  }
  return new UserError('store_unavailable', `${what} failed: ${said}`, {
    hint: `Try it by hand: ${what} list   or choose another store: mcpkey store use age`,
  });
}

/** An answer's fields. What the helper printed is in no message: it may be a secret. */
function parse(name: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new UserError('store_unavailable', `docker-credential-${name} gave an answer that is no JSON object.`, {
    hint: `Try it by hand: docker-credential-${name} list`,
  });
}

function open(name: string, ports: StorePorts): SecretStore {
  const items = {
    async get(id: string) {
      const answer = await ask(name, ports, 'get', urlOf(id));
      const secret = answer === undefined ? undefined : parse(name, answer).Secret;
      return typeof secret === 'string' && secret !== '' ? fromLine(secret) : undefined;
    },
    async set(id: string, value: string) {
      const item = { ServerURL: urlOf(id), Username: USERNAME, Secret: toLine(value) };
      await ask(name, ports, 'store', JSON.stringify(item));
    },
    async delete(id: string) {
      // Whether there was one is not told by all of them.
      if ((await items.get(id)) === undefined) return false;
      await ask(name, ports, 'erase', urlOf(id));
      return true;
    },
  };
  return {
    ...(ports.platform === 'win32' ? splitLong(items, WINDOWS_LIMIT) : items),
    async list() {
      const shortened = new Map((await ports.index()).map((id) => [urlOf(id), id]));
      const urls = Object.keys(parse(name, (await ask(name, ports, 'list', '')) || '{}'));
      const ours = urls.filter((url) => url.startsWith(SERVER) && !url.includes('%23'));
      return ours.map((url) => shortened.get(url) ?? url.slice(SERVER.length));
    },
  };
}

/** The store `helper:NAME`. Throws `usage` for a name that no program can have. */
export function helperStore(name: string): StoreKind {
  if (!NAME.test(name)) {
    throw new UserError('usage', `"helper:${name}" names no program.`, {
      hint: 'helper:pass runs docker-credential-pass, helper:secretservice docker-credential-secretservice',
    });
  }
  return {
    id: `helper:${name}`,
    title: `The program docker-credential-${name}`,
    readOnly: false,
    open: (ports) => open(name, ports),
    async inspect(ports) {
      try {
        await roundTrip(open(name, ports));
        const program = await programOf(name, helperEnv(ports));
        return { available: true, persistent: null, detail: program };
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        return { available: false, persistent: null, detail: error.message };
      }
    },
  };
}
