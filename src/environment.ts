/** With the store `env`, keys come from environment variables: the ledger shows them as if it kept them. */
import type { KeyRecord, Ledger } from './ledger.ts';
import type { Profile } from './profiles.ts';
import { type EnvironmentKey, environmentKeys } from './stores/environment-keys.ts';

interface Parts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly host: string;
  profiles(): readonly Profile[];
}

/** The same ledger, with a record for each key in the environment that it does not keep itself. */
export function withEnvironmentKeys(ledger: Ledger, parts: Parts): Ledger {
  const inEnvironment = () => {
    const profiles = new Map(parts.profiles().map((profile) => [profile.name, profile]));
    return environmentKeys(parts.env, [...profiles.keys()]).map((key) =>
      environmentRecord(key, profiles.get(key.profile)?.provider ?? key.profile, parts.host),
    );
  };
  return {
    ...ledger,
    async keys(profile) {
      const kept = await ledger.keys(profile);
      const known = new Set(kept.map((key) => `${key.profile}/${key.name}`));
      const more = inEnvironment().filter((key) => profile === undefined || key.profile === profile);
      return [...kept, ...more.filter((key) => !known.has(`${key.profile}/${key.name}`))];
    },
    async key(profile, name) {
      const kept = await ledger.key(profile, name);
      return kept ?? inEnvironment().find((key) => key.profile === profile && key.name === name);
    },
  };
}

const environmentRecord = (key: EnvironmentKey, provider: string, host: string): KeyRecord => ({
  profile: key.profile,
  provider,
  name: key.name,
  id: key.variable,
  label: key.name,
  prefix: null,
  scopes: [],
  createdAt: null,
  expiresAt: null,
  lastUsedAt: null,
  status: 'unknown',
  metadata: {},
  allowedIps: [],
  placements: [],
  previous: null,
  secret: key.record,
  origin: null,
  mark: null,
  host,
  assisted: true,
});
