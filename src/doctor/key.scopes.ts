import { refOf } from '../keys/refs.ts';
import type { KeyRecord } from '../ledger.ts';
import type { Provider } from '../providers/types.ts';
import { readDenial } from '../proxy/denials.ts';
import { failure, ok, skipped, warning } from './findings.ts';
import { wantedScopes } from './scope/project.ts';
import { remoteOf } from './scope/records.ts';
import { line, placeCommand } from './scope/words.ts';
import { eachKey, type KeyAtHand } from './subjects.ts';
import type { Check, Finding, Scope } from './types.ts';

export const check: Check = {
  id: 'key.scopes',
  title: 'What the key may do',
  looksAt:
    'Each key’s scopes, by the service’s own word where it can be asked, against what its placements need: what mcpkey.json names for them, what the service says to tools/list, and what it refused to a client within a week.',
  warning: 'It has a scope that the service does not document.',
  error: 'It may do too little: clients get 403.',
  remedies: ['Make one that may do more in its place; the command is printed.', 'mcpkey show KEY lists the scopes.'],
  looks: eachKey(look),
};

async function look(key: KeyAtHand, scope: Scope): Promise<Finding> {
  const { provider } = await scope.connection(key.profile);
  const { known, pattern } = provider.manifest.scopes;
  const has = (await remoteOf(key, scope))?.scopes ?? key.record.scopes;
  const wanted = await wantedScopes(scope, key.record);
  const missing = has.length === 0 ? [] : wanted.filter((each) => !covers(has, each));
  if (missing.length > 0) {
    return failure(
      `mcpkey.json wants ${missing.join(', ')}, and the key has ${has.join(', ')}.`,
      await replacement(key, [...has, ...missing], scope),
    );
  }
  if (known.length === 0 && pattern === undefined) return skipped(`${provider.title} has no scopes.`);
  // One without scopes is refused for something else, which the probe tells.
  const refused = has.length === 0 ? undefined : ((await refusedFor(key, scope)) ?? (await refusedClient(key, scope)));
  if (refused !== undefined) {
    const more = widest(provider, has);
    const fix = more === undefined ? null : await replacement(key, more, scope);
    const { what, advice } = refused;
    return failure(`${what} for want of a scope; the key has ${listed(has)}.`, fix, { advice });
  }
  const strange = has.filter((each) => !known.some(({ id }) => id === each) && !fits(each, pattern));
  if (strange.length > 0 && known.length > 0)
    return warning(`${strange.join(', ')}: ${provider.title} documents no such scope.`, line(['show', key.ref]));
  return ok(`It has ${listed(has)}.`);
}

const listed = (scopes: readonly string[]): string =>
  scopes.length === 0 ? 'no scopes of its own' : scopes.join(', ');

const fits = (scope: string, pattern: string | undefined): boolean =>
  pattern !== undefined && new RegExp(`^(?:${pattern})$`).test(scope);

/** `mcp:full` covers what begins with `mcp:`, and `*` all. */
const covers = (has: readonly string[], wanted: string): boolean =>
  has.some(
    (each) => each === wanted || each === '*' || (each.endsWith(':full') && wanted.startsWith(each.slice(0, -4))),
  );

interface Refused {
  /** Begins the sentence. */
  readonly what: string;
  /** The service's. */
  readonly advice: string;
}

/** The service says that the key may not even list the tools. */
async function refusedFor(key: KeyAtHand, scope: Scope): Promise<Refused | undefined> {
  const answer = await scope.answer(key.ref);
  if ('unasked' in answer || answer.result.error?.code !== 'insufficient_scope') return undefined;
  const { message, hint = '' } = answer.result.error;
  return isAboutAddress(message) ? undefined : { what: 'tools/list is refused', advice: hint };
}

/** It comes from where the key may not be used: no scope helps. */
const isAboutAddress = (message: string): boolean => /\bIPs?\b|\baddress(?:es)?\b/i.test(message);

/** Milliseconds: what a client was refused longer ago, it may not want any more. */
const RECENT = 7 * 86_400_000;

/** A client that calls through the proxy was refused: what it called, no probe does. */
async function refusedClient({ ref, record }: KeyAtHand, { context }: Scope): Promise<Refused | undefined> {
  const denial = await readDenial(context, ref);
  if (!denial || denial.keyId !== record.id || context.now() - Date.parse(denial.at) > RECENT) return undefined;
  if (isAboutAddress(denial.message)) return undefined;
  return { what: `A client’s call was refused on ${denial.at} (${denial.message})`, advice: denial.advice };
}

/** The next wider choice that the manifest names: reading first, everything last. */
function widest(provider: Provider, has: readonly string[]): readonly string[] | undefined {
  const { known, default: usual } = provider.manifest.scopes;
  const missing = usual.filter((each) => !covers(has, each));
  if (missing.length > 0) return [...has, ...missing];
  const full = known.find(({ id }) => id.endsWith(':full'))?.id;
  return full === undefined || covers(has, full) ? undefined : [full];
}

/** A key of another name takes over every placement, then the old one goes. */
async function replacement({ record, ref }: KeyAtHand, scopes: readonly string[], scope: Scope): Promise<string> {
  const name = await freeName(record, scope);
  const words = ['create', name, '-p', record.profile, ...[...new Set(scopes)].flatMap((each) => ['--scope', each])];
  const mine = (await scope.placements()).filter(({ owned }) => owned.ref === ref);
  const fresh = refOf({ profile: record.profile, name });
  const moves = mine.map(({ owned }) => placeCommand(fresh, owned.placement));
  return [line(words), ...moves, line(['revoke', ref, '--yes'])].join(' && ');
}

async function freeName({ profile, name }: KeyRecord, scope: Scope): Promise<string> {
  const taken = new Set((await scope.context.ledger.keys(profile)).map((record) => record.name));
  for (let number = 2; ; number += 1) if (!taken.has(`${name}-${number}`)) return `${name}-${number}`;
}
