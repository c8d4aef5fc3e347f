/** What adopting does: which key goes to which profile under which name, and which servers use it. Nothing is changed. */
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { KeyRecord } from '../ledger.ts';
import type { Profile } from '../profiles.ts';
import type { Provider, ProviderEntry } from '../providers/types.ts';
import { type Secret, secret } from '../secret.ts';
import { bindProfile } from '../session/connect.ts';
import type { FoundServer } from './find.ts';
import type { KeptValue } from './kept.ts';
import { freeKeyName, keyName } from './names.ts';
import { type ChosenProfile, newLocalProfile, profileForRemote, startsSame } from './profiles.ts';
import { type LocalLift, type RemoteLift, readServer } from './read.ts';
import { refuseTelling, tells } from './telling.ts';

export interface PlannedKey {
  readonly profile: Profile;
  readonly provider: Provider;
  readonly name: string;
  readonly value: Secret;
  /** Where this very key is kept already. */
  readonly record: KeyRecord | undefined;
}

export interface PlannedServer {
  readonly found: FoundServer;
  /** The one that the entry names first. */
  readonly key: PlannedKey;
  /** Of a local server that takes several. */
  readonly further: readonly PlannedKey[];
  /** What a person must know, in one line. */
  readonly note?: string | undefined;
}

export interface AdoptPlan {
  readonly servers: readonly PlannedServer[];
  /** Each key once, whatever number of servers uses it. */
  readonly keys: readonly PlannedKey[];
  readonly newProfiles: readonly Profile[];
  /** What cannot be moved, and why, for a person. */
  readonly left: readonly { readonly found: FoundServer; readonly why: string }[];
}

interface Planning {
  readonly entries: readonly ProviderEntry[];
  /** Those that are here, and those to be made. */
  readonly profiles: Profile[];
  readonly newProfiles: Profile[];
  readonly keys: PlannedKey[];
  /** What is kept already. */
  readonly kept: readonly KeptValue[];
  /** All that was found and is kept: no name may tell any of it. */
  readonly secrets: readonly string[];
}

export async function planAdoption(
  context: Context,
  servers: readonly FoundServer[],
  kept: readonly KeptValue[],
): Promise<AdoptPlan> {
  const planning: Planning = {
    entries: await context.providers(),
    profiles: [...context.profiles.list()],
    newProfiles: [],
    keys: [],
    kept,
    secrets: [
      ...servers.flatMap(({ findings }) => findings.map(({ value }) => value.reveal())),
      ...kept.map(({ value }) => value),
    ],
  };
  const planned: PlannedServer[] = [];
  const left: { found: FoundServer; why: string }[] = [];
  for (const found of servers) {
    const reading = readServer(found, context.platform);
    if ('left' in reading) {
      left.push({ found, why: reading.left });
      continue;
    }
    try {
      const { lift } = reading;
      refuseTelling(planning.secrets, { names: [found.server], written: undefined });
      planned.push(lift.kind === 'remote' ? planRemote(planning, found, lift) : planLocal(planning, found, lift));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      left.push({ found, why: error.message });
    }
  }
  return { servers: planned, keys: planning.keys, newProfiles: planning.newProfiles, left };
}

function planRemote(planning: Planning, found: FoundServer, lift: RemoteLift): PlannedServer {
  const chosen = profileForRemote(lift, planning.profiles, planning.entries);
  return { found, key: plannedKey(planning, chosen, found.server, lift.key), further: [] };
}

function planLocal(planning: Planning, found: FoundServer, lift: LocalLift): PlannedServer {
  const [first, ...others] = lift.keys;
  if (!first) throw new Error('a local server is lifted for its keys');
  if (lift.note !== undefined && found.file.scope === 'project')
    throw new UserError(
      'unsupported',
      'the server takes the key on its command line, which everyone has from that file',
    );
  if (others.length > 0 && found.file.scope === 'project')
    throw new UserError('unsupported', "it takes several keys, which a project's file cannot name");
  return { ...(knownLocal(planning, found, lift) ?? freshLocal(planning, found, lift)), note: lift.note };
}

/** The same server with the same keys, planned before or kept already. */
function knownLocal(planning: Planning, found: FoundServer, lift: LocalLift): PlannedServer | undefined {
  const [first, ...others] = lift.keys;
  for (const profile of planning.profiles.filter((each) => startsSame(each, lift))) {
    const further = others.map(({ variable, key }) => {
      const held = keyAt(planning, profile.keys?.[variable]);
      return held?.value.reveal() === key ? held : undefined;
    });
    if (further.some((each) => each === undefined) || !first) continue;
    const chosen = chosenAt(planning, profile);
    const key = plannedKey(planning, chosen, found.server, first.key);
    return { found, key, further: further.filter((each) => each !== undefined) };
  }
  return undefined;
}

/** Each key has a profile of its own, since each is renewed by itself; all of them start the same server. */
function freshLocal(planning: Planning, found: FoundServer, lift: LocalLift): PlannedServer {
  const { secrets } = planning;
  const name = nameFor(planning, found.server);
  const begun: Profile[] = [];
  const names = lift.keys.map(({ variable, key }, index) => {
    const suffix = index === 0 ? '' : `-${variable.toLowerCase().replaceAll('_', '-')}`;
    const known = [...planning.profiles, ...begun];
    const { profile } = newLocalProfile(
      lift,
      { variable, key, keys: {}, server: name, suffix, secrets },
      known,
      planning.entries,
    );
    begun.push(profile);
    return { profile: profile.name, suffix };
  });
  const made = lift.keys.map(({ variable, key }, index) => {
    const others = lift.keys.flatMap((other, at) =>
      at === index ? [] : [[other.variable, `${names[at]?.profile}/${name}`]],
    );
    const suffix = names[index]?.suffix ?? '';
    const choice = { variable, key, keys: Object.fromEntries(others), server: name, suffix, secrets };
    return plannedKey(planning, newLocalProfile(lift, choice, planning.profiles, planning.entries), name, key);
  });
  const [key, ...further] = made;
  if (!key) throw new Error('a local server is lifted for its keys');
  return { found, key, further };
}

const chosenAt = ({ entries }: Planning, profile: Profile): ChosenProfile => ({
  profile,
  provider: bindProfile(entries, profile),
  isNew: false,
});

function keyAt(planning: Planning, ref: string | undefined): PlannedKey | undefined {
  const planned = planning.keys.find(({ profile, name }) => `${profile.name}/${name}` === ref);
  if (planned) return planned;
  const kept = planning.kept.find(({ record }) => `${record.profile}/${record.name}` === ref);
  const profile = planning.profiles.find(({ name }) => name === kept?.record.profile);
  if (!kept || !profile) return undefined;
  return { ...chosenAt(planning, profile), name: kept.record.name, value: secret(kept.value), record: kept.record };
}

function plannedKey(planning: Planning, chosen: ChosenProfile, server: string, value: string): PlannedKey {
  const { profile, provider, isNew } = chosen;
  const same = planning.keys.find((key) => key.profile.name === profile.name && key.value.reveal() === value);
  if (same) return same;
  const name = freeKeyName(namesIn(planning, profile.name), nameFor(planning, server));
  refuseTelling(planning.secrets, { names: [profile.name, name], written: isNew ? profile : undefined });
  if (isNew) {
    planning.profiles.push(profile);
    planning.newProfiles.push(profile);
  }
  const record = planning.kept.find((kept) => kept.record.profile === profile.name && kept.value === value)?.record;
  const key = {
    profile,
    provider,
    name: record?.name ?? name,
    value: secret(value),
    record,
  };
  planning.keys.push(key);
  return key;
}

const nameFor = ({ secrets }: Planning, server: string): string =>
  tells(secrets, keyName(server)) ? 'key' : keyName(server);

const namesIn = ({ kept, keys }: Planning, profile: string): ReadonlySet<string> =>
  new Set([
    ...kept.filter(({ record }) => record.profile === profile).map(({ record }) => record.name),
    ...keys.filter((key) => key.profile.name === profile).map((key) => key.name),
  ]);
