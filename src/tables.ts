/** The seams' tables as a command asks them: by id, with the nearest one named where there is none. */
import type { LoginMethodId } from './auth/types.ts';
import type { Context } from './context.ts';
import { UserError } from './errors.ts';
import { withNearest } from './nearest.ts';
import { once } from './once.ts';
import type { Paths } from './system/types.ts';

type Lookups = Pick<Context, 'providers' | 'provider' | 'login' | 'loginIds' | 'stores' | 'clients' | 'client'>;

/** In the order in which help names them. */
const LOGIN_IDS: readonly LoginMethodId[] = ['device', 'web', 'client-credentials', 'password', 'token', 'github-oidc'];

export function lookups(paths: Pick<Paths, 'providers'>): Lookups {
  const providers = once(async () => (await import('./plugins/load.ts')).allProviders(paths.providers));
  const clients = once(async () => Object.values((await import('./clients/index.ts')).CLIENTS));
  return {
    providers,
    async provider(id) {
      const { findProvider } = await import('./plugins/load.ts');
      const found = await findProvider(id, paths.providers);
      if (found) return found;
      throw unknown('provider', id, await providers(), 'mcpkey provider list');
    },
    async login(id) {
      const { LOGINS } = await import('./auth/index.ts');
      return LOGINS[id]();
    },
    loginIds: LOGIN_IDS,
    async stores() {
      const { isFamily, STORES } = await import('./stores/index.ts');
      const entries = Object.entries(STORES).filter(([id]) => !isFamily(id));
      return Promise.all(entries.map(([, load]) => load('')));
    },
    clients,
    async client(id) {
      const found = (await clients()).find((client) => client.id === id);
      if (found) return found;
      throw unknown('client', id, await clients(), 'mcpkey clients');
    },
  };
}

function unknown(what: string, id: string, known: readonly { id: string }[], hint: string): UserError {
  const ids = known.map((member) => member.id);
  return new UserError('not_found', withNearest(`There is no ${what} "${id}".`, id, ids), { hint });
}
