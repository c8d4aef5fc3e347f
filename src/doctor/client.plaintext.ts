import { planFor } from '../adopt/adopt.ts';
import type { Finding as Clear } from '../adopt/find.ts';
import type { AdoptPlan } from '../adopt/plan.ts';
import { type Stray, straysIn } from '../adopt/stray.ts';
import { UserError } from '../errors.ts';
import { once } from '../once.ts';
import { typed } from '../typed.ts';
import { failure, ok, together, warning } from './findings.ts';
import { gitLeaks, keptKeys, type Leak, shellLeaks } from './scope/leaks.ts';
import { clientsInClear } from './scope/secrets.ts';
import { line } from './scope/words.ts';
import { nothing } from './subjects.ts';
import type { Check, Finding, Look, Scope } from './types.ts';

export const check: Check = {
  id: 'client.plaintext',
  title: 'Keys in clear',
  looksAt:
    'Every client’s config on this machine, and the files that git tracks in the current folder: keys by the form of known providers, and whatever stands in a header, option or variable that carries credentials. With --deep git’s history and the shells’ histories too. A key that you placed with mode plain is meant so.',
  warning: 'Something that looks like a key stands in a history.',
  error: 'A key stands in clear, where any program and any backup can read it.',
  remedies: [
    'Move it into the store and replace it: mcpkey adopt --rotate',
    'Where adopt leaves the entry, the reason is told: mend that by hand, or say that it is meant so: mcpkey doctor --accept client.plaintext CLIENT',
    'What was in git or in a history is known: replace that key, mcpkey rotate KEY',
  ],
  fixes: 'Nothing: replacing keys is for you to say. It prints mcpkey adopt --rotate.',
  async looks(scope) {
    const clients = await clientsInClear(scope);
    const kept = once(async () =>
      (await keptKeys(scope)).map(({ value, ...whose }) => ({ ...whose, value: value.reveal() })),
    );
    const strays = once(async () => straysIn(await scope.clear(), await kept()));
    const left = once(async () => leftBy(scope, await kept()));
    const looks: Look[] = clients.map((client) => ({
      subject: client.id,
      look: async () => inClient(client, scope, { strays: await strays(), left: await left() }),
    }));
    const leaks = [
      { subject: 'git', look: async () => inPlace('git', await gitLeaks(scope), scope) },
      ...(scope.deep ? [{ subject: 'shell', look: async () => inPlace('shell', await shellLeaks(scope), scope) }] : []),
    ];
    return looks.length > 0 ? [...looks, ...leaks] : [...nothing('No client has a file with servers here.'), ...leaks];
  },
};

type Left = AdoptPlan['left'];

/** What adopting would leave as it is; nothing where that cannot be told, as adopting itself then says why. */
async function leftBy({ context, clear }: Scope, kept: Parameters<typeof planFor>[2]): Promise<Left> {
  try {
    return (await planFor(context, await clear(), kept)).left;
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}

interface InClear {
  readonly strays: readonly Stray[];
  readonly left: Left;
}

async function inClient({ id, title }: { id: string; title: string }, scope: Scope, all: InClear): Promise<Finding> {
  const { findings } = await scope.clear();
  const left = all.left.filter(({ found }) => found.client.id === id);
  const stays = new Set(left.flatMap(({ found }) => found.findings));
  const clear = findings.filter((each) => each.client === id && each.ref === null && !stays.has(each));
  const strays = all.strays.filter(({ client }) => client.id === id);
  const beside = strays.map(({ path, line: at, ref }) =>
    failure(
      `The key ${ref} stands in clear in ${path}:${at}, outside of the servers’ entries.`,
      `Take it out there by hand, then: ${line(['rotate', ref])}`,
    ),
  );
  beside.push(...left.map((each) => staying(each, id)));
  if (clear.length + beside.length === 0) return ok(`No key stands in clear in the files of ${title}.`);
  if (clear.length === 0) return together(beside, '');
  return together([failure(seen(clear), line(['adopt', '--rotate', '--yes'])), ...beside], '');
}

function seen(clear: readonly Clear[]): string {
  const where = clear.map((found) => `${found.path}:${found.line} (${nameOf(found)})`);
  return `${clear.length === 1 ? 'A key stands' : `${clear.length} keys stand`} in clear: ${where.join(', ')}.`;
}

function staying({ found, why }: Left[number], client: string): Finding {
  const meant = line(['doctor', '--accept', 'client.plaintext', client]);
  return failure(
    `${seen(found.findings.filter(({ ref }) => ref === null))} It stays, because ${why.replace(/\.$/, '')}.`,
    `Change the entry by hand so that this no longer holds, then: mcpkey adopt --rotate; if it is to stay: ${meant}`,
  );
}

const nameOf = ({ server, name, masked }: Clear): string => `${server}${name === null ? '' : `, ${name}`}, ${masked}`;

function inPlace(where: 'git' | 'shell', leaks: readonly Leak[] | undefined, { deep }: Pick<Scope, 'deep'>): Finding {
  if (leaks === undefined)
    return ok(where === 'git' ? 'The current folder is in no git repository.' : 'There is no shell history.');
  const known = leaks.map(({ ref, place, isHistory }) => {
    if (ref !== null) return failure(`The key ${ref} stands in clear in ${place}.`, line(['rotate', ref]));
    const seen = `What looks like a key stands in clear in ${place}.`;
    // What only a deep look sees, only a deep look can mark.
    const meant = line(['doctor', '--accept', 'client.plaintext', where, ...(deep ? ['--deep'] : [])]);
    const added = isHistory ? '' : typed`, git add ${place.replace(/:\d+$/, '')}`;
    const words = `Take it out there${added}, and replace it where it was made; if it is a dead or made-up one: ${meant}`;
    return isHistory ? warning(seen, words) : failure(seen, words);
  });
  return leaks.length === 0
    ? ok(where === 'git' ? 'git has no key in clear here.' : 'No key stands in the shells’ histories.')
    : together(known, '');
}
