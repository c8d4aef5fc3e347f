/** What the words of a command line say of a profile, laid over it. */
import { UserError } from '../errors.ts';
import type { Profile } from '../profiles.ts';
import type { Manifest } from '../providers/types.ts';
import { splitCommand } from './command-words.ts';
import { checkIssuer, tidyUrl } from './urls.ts';

/** What `login`, `setup`, `profile add` and `profile set` say of a profile; absent members keep what is there. */
export interface ProfileChoice {
  readonly url?: string | undefined;
  readonly mcpUrl?: string | undefined;
  readonly org?: string | undefined;
  readonly issuer?: string | undefined;
  readonly clientId?: string | undefined;
  readonly audience?: string | undefined;
  /** `false` changes nothing: a flag that was not typed. */
  readonly allowHttp?: boolean | undefined;
  readonly sign?: boolean | undefined;
  readonly header?: string | undefined;
  readonly dashboard?: string | undefined;
  readonly keyPattern?: string | undefined;
  /** A command line, split here without a shell. */
  readonly command?: string | undefined;
  /** The variables that a local server reads: VAR for the profile's own key, VAR=REF for another one. */
  readonly env?: readonly string[] | undefined;
}

/** `profile` with `choice` laid over it. Throws `usage` for a wrong address or command. */
export function applyChoice(profile: Profile, choice: ProfileChoice): Profile {
  const { org, clientId, audience, header, dashboard, keyPattern } = choice;
  const allowHttp = choice.allowHttp || profile.allowHttp;
  const changes: Partial<Profile> = {
    url: mapped(choice.url, (url) => tidyUrl(url, '--url')),
    mcpUrl: mapped(choice.mcpUrl, (url) => tidyUrl(url, '--mcp-url')),
    org,
    issuer: mapped(choice.issuer, (url) => checkIssuer(url, allowHttp ?? false)),
    clientId,
    audience,
    allowHttp: choice.allowHttp || undefined,
    sign: choice.sign || undefined,
    header,
    dashboard,
    keyPattern,
    command: mapped(choice.command, splitCommand),
    ...variablesOf(profile, choice.env ?? []),
  };
  return { ...profile, ...Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) };
}

const mapped = <T>(value: string | undefined, map: (value: string) => T): T | undefined =>
  value === undefined ? undefined : map(value);

/** Throws `usage` for what is no variable, and for two that would take the profile's own key. */
function variablesOf({ keys }: Profile, texts: readonly string[]): Pick<Profile, 'variable' | 'keys'> {
  const parsed = texts.map((text) => /^([A-Za-z_][A-Za-z0-9_]*)(?:=(.+))?$/.exec(text) ?? text);
  const own: string[] = [];
  const others: Record<string, string> = {};
  for (const match of parsed) {
    if (typeof match === 'string') {
      throw new UserError('usage', `--env ${JSON.stringify(match)} is not VAR or VAR=KEY.`, {
        hint: '--env ACME_API_KEY, and for a further key: --env OTHER_KEY=PROFILE/NAME',
      });
    }
    const [, name = '', ref] = match;
    if (ref === undefined) own.push(name);
    else others[name] = ref;
  }
  const [variable, second = own.find((name) => name in others)] = own;
  if (second !== undefined) {
    throw new UserError('usage', `One variable takes the profile's own key, not both ${variable} and ${second}.`, {
      hint: `Name the key of the other: --env ${second}=PROFILE/NAME`,
    });
  }
  return { variable, ...(Object.keys(others).length > 0 ? { keys: { ...keys, ...others } } : {}) };
}

/** Settings that a provider has or has not, as they are typed. Every profile may have addresses. */
const FIELDS = {
  org: '--org',
  header: '--header',
  dashboard: '--dashboard',
  keyPattern: '--key-pattern',
  command: '--command',
  env: '--env',
} as const;

/** A repeatable option that was not typed is an empty list. */
const isGiven = (value: string | readonly string[] | undefined): boolean => value !== undefined && value.length > 0;

/** Throws `usage` for what this provider has no use for: nothing is quietly ignored. */
export function checkFields({ id, title, profile }: Manifest, choice: ProfileChoice): void {
  const known = new Set(Object.keys(profile).map((field) => (field === 'variable' ? 'env' : field)));
  const given = Object.entries(FIELDS).filter(([field]) => isGiven(choice[field as keyof typeof FIELDS]));
  const foreign = given.find(([field]) => !known.has(field));
  if (foreign) {
    throw new UserError('usage', `${title} has no use for ${foreign[1]}.`, {
      provider: id,
      hint: `Leave it out.   mcpkey provider show ${id}`,
    });
  }
  if (choice.command === undefined || choice.mcpUrl === undefined) return;
  throw new UserError('usage', '--command and --mcp-url exclude each other.', {
    provider: id,
    hint: 'A profile is a local server or an endpoint. Leave one out.',
  });
}
