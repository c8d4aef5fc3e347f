import { refOf } from '../keys/refs.ts';
import type { KeyRecord } from '../ledger.ts';
import type { Profile } from '../profiles.ts';
import type { Provider, RemoteKey } from '../providers/types.ts';
import { heldByRotations } from '../rotation/held.ts';
import { ok, skipped, warning } from './findings.ts';
import type { RemoteList } from './scope/remote.ts';
import { line, minuteOf } from './scope/words.ts';
import { nothing } from './subjects.ts';
import type { Check, Look, Scope } from './types.ts';

export const check: Check = {
  id: 'key.orphan',
  title: 'Keys that nobody here holds',
  looksAt:
    'Keys that are active at the service, by its own list, whose secret is not kept on this machine. One that was used within 30 days and was not made here is somebody’s: another machine’s, a colleague’s.',
  warning: 'A key is active that nobody here holds, and nobody is seen to use: left over, or lost.',
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
  const rotating = await heldByRotations(scope.context, profile.name);
  const strangers = list.keys.filter(
    (remote) => remote.status === 'active' && !rotating.has(remote.id) && !isKnown(remote, kept),
  );
  const names = [...kept.map(({ name }) => name), ...strangers.map(({ label }) => provider.readLabel(label).name)];
  return [...held, ...strangers.map((remote) => stranger(remote, { profile, provider, names, scope }))];
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
  /** What all keys are called: a name that several have tells none of them. */
  readonly names: readonly string[];
  readonly scope: Scope;
}

/** Milliseconds. */
const RECENT = 30 * 86_400_000;

/** Somebody uses it, and this machine did not make it: so somebody else has it. */
async function isAnothers({ id, lastUsedAt }: RemoteKey, { context }: Scope): Promise<boolean> {
  if (lastUsedAt === null || context.now() - Date.parse(lastUsedAt) > RECENT) return false;
  return !(await context.ledger.history()).some(({ newId }) => newId === id);
}

function stranger(remote: RemoteKey, { profile, provider, names, scope }: Around): Look {
  const { name, mark } = provider.readLabel(remote.label);
  const taken = names.filter((each) => each === name).length > 1;
  const subject = `${profile.name}/${taken || name === '' ? remote.id : name}`;
  const by = mark === undefined && remote.mark === undefined ? '' : ', made by mcpkey';
  const used = remote.lastUsedAt === null ? 'never used' : `last used ${minuteOf(remote.lastUsedAt)}`;
  return {
    subject,
    look: async () => {
      if (await isAnothers(remote, scope)) return ok(`Another machine or person uses it: ${used}.`);
      return warning(
        `"${name || remote.label}" (id ${remote.id}${by}, ${used}) is active at ${provider.title}, and nobody here holds it.`,
        line(['revoke', `${profile.name}/${remote.id}`, '--yes']),
      );
    },
  };
}
