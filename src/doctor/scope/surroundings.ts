/** Where mcpkey runs, as far as that decides which store can work there. */
import { existsSync } from 'node:fs';
import type { Context } from '../../context.ts';
import { readText } from '../../system/files.ts';
import type { StoreTrial } from './stores.ts';
import { remedyOf } from './words.ts';

type Parts = Pick<Context, 'env' | 'platform'>;
type Place = 'wsl' | 'container' | 'ssh' | 'desktop';

const CONTAINER_FILES = ['/.dockerenv', '/run/.containerenv'];

async function placeOf({ env, platform }: Parts): Promise<Place> {
  if (platform === 'linux') {
    const kernel = (await readText('/proc/version')) ?? '';
    if (env.WSL_DISTRO_NAME || /microsoft/i.test(kernel)) return 'wsl';
    if (CONTAINER_FILES.some((file) => existsSync(file)) || env.KUBERNETES_SERVICE_HOST || env.container) {
      return 'container';
    }
  }
  return env.SSH_CONNECTION ? 'ssh' : 'desktop';
}

const IN_WORDS: Readonly<Record<Exclude<Place, 'desktop'>, string>> = {
  wsl: 'WSL has no keychain of its own; files encrypted with age work there.',
  container: 'A container has no keychain; files encrypted with age work there, on a volume that outlives it.',
  ssh: 'Over SSH the desktop’s keychain stays locked or is not there; files encrypted with age work.',
};

const MOVE = 'Where it opens, in the session of its desktop: mcpkey store use age && mcpkey store migrate --to age';

/** What a store that does not work is mended by, here. */
export async function recipe(
  context: Parts & Pick<Context, 'profiles'>,
  { kind, error, secrets }: Pick<StoreTrial, 'kind' | 'error' | 'secrets'>,
): Promise<{ readonly where: string | undefined; readonly fix: string | null }> {
  if (kind.id !== 'keychain') return { where: undefined, fix: error ? remedyOf(error) : null };
  const place = await placeOf(context);
  const where = place === 'desktop' ? undefined : IN_WORDS[place];
  if (place !== 'ssh' && error?.code === 'store_locked') {
    return {
      where: undefined,
      fix: 'Unlock the keychain: log in to the desktop, or unlock it there, and run this again.',
    };
  }
  // Another store for new secrets brings none back that is kept in this one.
  if (secrets > 0) return { where, fix: place === 'desktop' && error ? remedyOf(error) : MOVE };
  // A variable wins over what is remembered.
  const fix = context.env.MCPKEY_STORE ? 'Set MCPKEY_STORE=age, and run: mcpkey store use age' : 'mcpkey store use age';
  return { where, fix };
}
