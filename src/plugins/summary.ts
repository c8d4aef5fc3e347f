/** What a provider can do and where it may talk to, in a row. */
import type { ManifestField, ManifestLogin } from '../providers/manifest.ts';
import type { Manifest, ProviderEntry } from '../providers/types.ts';

type Mode = 'api' | 'assisted' | 'unsupported';

/** A row of `provider list`. */
export interface ProviderRow {
  readonly id: string;
  readonly title: string;
  readonly source: ProviderEntry['source'];
  /** Hosts of its own; `{url}` and `{mcpUrl}` where the profile names them. */
  readonly hosts: readonly string[];
  readonly operations: Readonly<Record<'create' | 'list' | 'rotate' | 'revoke' | 'usage', Mode>>;
}

export const providerRow = ({
  id,
  manifest,
  source,
}: Pick<ProviderEntry, 'id' | 'manifest' | 'source'>): ProviderRow => ({
  id,
  title: manifest.title,
  source,
  hosts: hostsOf(manifest),
  operations: modesOf(manifest),
});

function modesOf(manifest: Manifest): ProviderRow['operations'] {
  const { create, list, revoke, rotate, usage } = manifest.operations;
  return {
    create: create.mode,
    list: list.mode,
    rotate: rotate?.mode === 'api' ? 'api' : weaker(create.mode, revoke.mode),
    revoke: revoke.mode,
    usage: usage.mode,
  };
}

/** A rotation that the service does not do itself is create, then revoke: it can do what both can. */
const weaker = (one: Mode, other: Mode): Mode =>
  one === other ? one : one === 'unsupported' || other === 'unsupported' ? 'unsupported' : 'assisted';

/** Every host that the provider may send something to, sorted. */
export function hostsOf(manifest: Manifest): readonly string[] {
  const { url, mcpUrl } = manifest.profile;
  const hosts = [
    ...hostsOfField(url, '{url}'),
    ...hostsOfField(mcpUrl, '{mcpUrl}'),
    ...manifest.logins.flatMap(hostsOfLogin),
    ...(manifest.hosts ?? []),
  ];
  return [...new Set(hosts)].sort();
}

function hostsOfField(field: ManifestField | undefined, named: string): readonly string[] {
  if (field === undefined) return [];
  const fixed = hostIn(field.default);
  if (fixed !== undefined) return [fixed];
  // A default that is made of the other address leads to the same host.
  return field.default === undefined ? [named] : [];
}

function hostsOfLogin(login: ManifestLogin): readonly string[] {
  const { issuer, tokenEndpoint, authorizationEndpoint, deviceAuthorizationEndpoint, revocationEndpoint, jwksUri } =
    login;
  return [
    issuer,
    tokenEndpoint,
    authorizationEndpoint,
    deviceAuthorizationEndpoint,
    revocationEndpoint,
    jwksUri,
  ].flatMap((address) => hostIn(address) ?? []);
}

function hostIn(address: string | undefined): string | undefined {
  const host = address === undefined ? undefined : /^https?:\/\/([^/{}]+)(?:\/|$)/.exec(address)?.[1];
  return host === '' ? undefined : host;
}
