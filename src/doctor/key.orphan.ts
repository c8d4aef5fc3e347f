import { refOf } from '../keys/refs.ts';
import type { KeyRecord } from '../ledger.ts';
import type { Profile } from '../profiles.ts';
import type { Provider, RemoteKey } from '../providers/types.ts';
import { ok, skipped, warning } from './findings.ts';
import type { RemoteList } from './scope/remote.ts';
import { line } from './scope/words.ts';
import { nothing } from './subjects.ts';
import type { Check, Look, Scope } from './types.ts';

export const check: Check = {
  id: 'key.orphan',
  title: 'Keys that nobody here holds',
  looksAt: 'Keys that are active at the service, by its own list, whose secret is not kept on this machine.',
  warning: 'A key is active that nothing here can use: left over, or made on another machine or in the dashboard.',
  remedies: [
    'Take it back: mcpkey revoke KEY --yes',
    'If it is another machine’s or a colleague’s, say so: mcpkey doctor --accept key.orphan KEY',
  ],
  async looks(scope) {
    const keys = await scope.context.ledger.keys();
    const profiles = scope.context.profiles.list();
    const found = await Promise.all(profiles.map((profile) => inProfile(profile, keys, scope)));
    const looks = found.flat();
    return looks.length > 0 ? looks : nothing('No service was asked for its list.');
  },
};

async function inProfile(profile: Profile, all: readonly KeyRecord[], scope: Scope): Promise<readonly Look[]> {
  const kept = all.filter((record) => record.profile === profile.name && record.status !== 'revoked');
  const list = await listOf(profile, scope);
  const held: Look[] = kept.map((record) => ({
    subject: refOf(record),
    look: async () => (list && 'keys' in list ? ok('It is held here.') : skipped('The service was not asked.')),
  }));
  if (!list || !('keys' in list)) return held;
  const { provider } = await scope.connection(profile);
  const orphans = list.keys.filter((remote) => remote.status === 'active' && !isKnown(remote, kept));
  return [...held, ...orphans.map((remote) => orphan(remote, { profile, provider, kept }))];
}

/** What is wrong with the profile is told by its own checks. */
async function listOf(profile: Profile, scope: Scope): Promise<RemoteList | undefined> {
  return scope.remote(profile).catch(() => undefined);
}

/** The key itself, or the one that it replaced and whose grace is not over. */
const isKnown = ({ id }: RemoteKey, kept: readonly KeyRecord[]): boolean =>
  kept.some((record) => record.id === id || record.previous?.id === id);

interface Around {
  readonly profile: Profile;
  readonly provider: Provider;
  readonly kept: readonly KeyRecord[];
}

function orphan(remote: RemoteKey, { profile, provider, kept }: Around): Look {
  const { name, mark } = provider.readLabel(remote.label);
  const taken = kept.some((record) => record.name === name);
  const subject = `${profile.name}/${taken || name === '' ? remote.id : name}`;
  const by = mark === undefined && remote.mark === undefined ? '' : ', made by mcpkey';
  const used = remote.lastUsedAt === null ? 'never used' : `last used ${remote.lastUsedAt}`;
  return {
    subject,
    look: async () =>
      warning(
        `"${name || remote.label}" (id ${remote.id}${by}, ${used}) is active at ${provider.title}, and nobody here holds it.`,
        line(['revoke', `${profile.name}/${remote.id}`, '--yes']),
      ),
  };
}
