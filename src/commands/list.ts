import { defineCommand, flag, list, value } from '../command.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { KeyDocument } from '../keys/document.ts';
import { keyFilter, listKeys } from '../keys/list.ts';
import type { Profile } from '../profiles.ts';
import { typed } from '../typed.ts';
import { keyColumns } from '../views/keys.ts';

export const command = defineCommand({
  summary: 'Keys of the service, with what is kept here',
  details: 'Keys made elsewhere are shown too. For services without a list, what is kept here.',
  options: {
    allProfiles: flag('keys of every profile'),
    expiring: value('DURATION', 'only active keys that end within DURATION'),
    olderThan: value('DURATION', 'only keys made longer ago than DURATION'),
    status: value('STATUS', 'active, expired, revoked or unknown', {
      completes: ['active', 'expired', 'revoked', 'unknown'],
    }),
    match: value('GLOB', 'only names that fit, as "ci-*"'),
    where: list('K=V', 'only keys with this metadata'),
    local: flag('what is kept here, without the network'),
  },
  examples: [
    { run: 'mcpkey list', does: 'the keys of the profile in use' },
    { run: 'mcpkey list --all-profiles --expiring 14d', does: 'what ends soon, everywhere' },
    { run: 'mcpkey list --local --json', does: 'what is kept here, for scripts' },
  ],
  async run(context, { options }) {
    if (options.allProfiles && context.options.profile !== undefined) {
      throw new UserError('usage', '--profile and --all-profiles exclude each other.', { hint: 'Choose one.' });
    }
    const filter = keyFilter(options, context.now());
    const profiles = options.allProfiles ? context.profiles.list() : [context.profiles.inUse(context.options.profile)];
    const failures: Failure[] = [];
    const keys = filtered(context, profiles, { local: options.local, fits: filter, failures });
    if (context.io.json) {
      await context.io.documents(keys);
      report(failures, profiles);
      return undefined;
    }
    const rows: KeyDocument[] = [];
    for await (const key of keys) rows.push(key);
    if (rows.length === 0 && failures.length === 0)
      context.io.note(
        `No keys. Next: mcpkey create${options.allProfiles ? '' : typed` -p ${profiles[0]?.name ?? 'PROFILE'}`}`,
      );
    else context.io.table(rows, keyColumns(context.io, context.now()));
    report(failures, profiles);
    return undefined;
  },
});

interface Failure {
  readonly profile: string;
  readonly error: UserError;
}

/** With several profiles, one that cannot be asked does not hide the keys of the others. */
async function* filtered(
  context: Context,
  profiles: readonly Profile[],
  { local, fits, failures }: { local: boolean; fits: (key: KeyDocument) => boolean; failures: Failure[] },
): AsyncGenerator<KeyDocument> {
  for (const profile of profiles) {
    try {
      for await (const key of listKeys(context, profile, { local })) {
        if (fits(key)) yield key;
      }
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      failures.push({ profile: profile.name, error });
    }
  }
  // No list at all is not an empty one.
  if (failures.length === profiles.length) report(failures, profiles);
}

/** All failed of one code: that failure; some: `partial`. */
function report(failures: readonly Failure[], profiles: readonly Profile[]): void {
  const [first] = failures;
  if (!first) return;
  const alike = failures.every(({ error }) => error.code === first.error.code);
  if (failures.length === profiles.length && alike) throw first.error;
  const lines = failures.map(({ profile, error }) => `${profile}: ${error.message}`);
  throw new UserError(
    'partial',
    `${failures.length} of ${profiles.length} profiles could not be listed. ${lines.join(' ')}`,
    {
      hint: first.error.hint,
    },
  );
}
