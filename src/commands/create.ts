import { defineCommand, flag, value } from '../command.ts';
import type { Connection, Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { createKey, type MadeKey } from '../keys/create.ts';
import { keyCredential } from '../keys/credential.ts';
import { type KeyDocument, keptDocument } from '../keys/document.ts';
import { checkWishes, type KeyTerms } from '../keys/options.ts';
import { outputEnvFile, writeOutputEnv } from '../keys/output-env.ts';
import { refOf } from '../keys/refs.ts';
import { refuseAgents } from '../keys/reveal.ts';
import { KEY_OPTIONS, PLACE_OPTIONS, wishesOf } from '../options.ts';
import { noneWasPlaced, notPlaced, onlySome } from '../placement/create-failures.ts';
import { placeEach } from '../placement/place-each.ts';
import { checkTargets } from '../placement/preflight.ts';
import type { PlacementReport } from '../placement/types.ts';
import { typed } from '../typed.ts';
import { terminalGuide } from '../views/guide.ts';
import { printKey } from '../views/keys.ts';
import { printPlacements } from '../views/placements.ts';
import { formatDate } from '../views/times.ts';

export const command = defineCommand({
  summary: 'Make a key, store it, and place it',
  details:
    'Where the service has only a dashboard, says what to do there and takes the key by hidden prompt or --stdin.',
  arguments: [{ name: 'NAME', summary: 'what to call it (default: USER-HOST)' }],
  options: {
    ...KEY_OPTIONS,
    ...PLACE_OPTIONS,
    perClient: flag('a key of its own for each --place, named HOST-CLIENT'),
    show: flag('print the secret, once'),
    outputEnv: value('VAR', 'set VAR for the later steps of a GitHub Actions job'),
    stdin: flag('read the key made by hand from stdin'),
  },
  examples: [
    { run: 'mcpkey create', does: 'a key of this user and machine, for 90 days' },
    { run: 'mcpkey create ci --scope mcp:read --expires 30d', does: 'a narrow key that ends soon' },
    { run: 'mcpkey create --place claude-code --place cursor', does: 'a key, placed into two clients' },
  ],
  async run(context, { args: [named], options }) {
    if (options.show) refuseAgents(context.env);
    const outputFile =
      options.outputEnv === undefined ? undefined : await outputEnvFile(context.env, options.outputEnv);
    const connection = await context.connect(context.profiles.inUse(context.options.profile));
    checkUse(connection, options);
    const scope = options.project ? 'project' : 'user';
    await checkTargets(context, options.place, { server: connection.profile.name, scope });
    const terms = checkWishes(connection.provider.manifest, wishesOf(options));
    if (terms.rounded)
      context.io.warn(
        `the service counts in whole ${connection.provider.manifest.key.expiry?.unit}; the term was rounded up.`,
      );
    const plan = options.perClient
      ? onePerClient(context, options.place, named)
      : [{ name: named, clients: options.place }];
    const outcome = await makeAll(context, connection, plan, { ...options, terms });
    for (const { key } of outcome.made) {
      if (outputFile && options.outputEnv) {
        await writeOutputEnv(outputFile, options.outputEnv, key.secret, (line) => context.io.revealOnStderr(line));
      }
    }
    await report(context, outcome, options.show, options.perClient);
    if (outcome.failure) throw outcome.failure;
    return undefined;
  },
});

/** Throws `usage` for an option that would be ignored. */
function checkUse(
  { provider }: Connection,
  options: Pick<Wish, 'stdin' | 'project'> & { place: string[]; perClient: boolean },
): void {
  if (options.stdin && provider.operations.create.mode === 'api') {
    throw new UserError('usage', `${provider.title} makes keys by its API: there is none to read from stdin.`, {
      provider: provider.id,
      hint: 'Leave --stdin out, or take in a key that is there already: mcpkey import NAME --stdin',
    });
  }
  if (options.project && options.place.length === 0) {
    throw new UserError('usage', '--project says where --place writes, and there is no --place.', {
      hint: 'mcpkey create --place claude-code --project',
    });
  }
  if (options.project && options.perClient) {
    throw new UserError(
      'usage',
      'In a project’s files every client has the same key: --per-client is for the user’s.',
      {
        hint: 'Leave --project out, or --per-client.',
      },
    );
  }
}

interface Wanted {
  readonly name: string | undefined;
  readonly clients: readonly string[];
}

type Wish = Wanted & { readonly terms: KeyTerms; readonly project: boolean; readonly stdin: boolean };

interface Made {
  readonly key: MadeKey;
  readonly clients: readonly string[];
}

interface Outcome {
  readonly made: readonly Made[];
  readonly placed: PlacementReport | undefined;
  readonly failure: UserError | undefined;
}

/** One after the other, and placed together. Keys that were made are told, whatever becomes of the next one. */
async function makeAll(
  context: Context,
  connection: Connection,
  plan: readonly Wanted[],
  common: Omit<Wish, keyof Wanted>,
): Promise<Outcome> {
  const made: Made[] = [];
  let failure: UserError | undefined;
  for (const wanted of plan) {
    try {
      made.push({ key: await makeKey(context, connection, { ...common, ...wanted }), clients: wanted.clients });
    } catch (error) {
      if (!(error instanceof UserError) || made.length === 0) throw error;
      const kept = new Set((await context.ledger.keys(connection.profile.name)).map(({ name }) => name));
      const left = plan.filter(({ name }) => name !== undefined && !kept.has(name));
      failure = onlySome(plan.length - left.length, left, error);
      break;
    }
  }
  try {
    const { profile, provider } = connection;
    const credentialOf = ({ record }: MadeKey) => keyCredential(context, { profile, record }, provider);
    const wishes = made.map(({ key, clients }) => ({ credential: credentialOf(key), clients }));
    const scope = common.project ? 'project' : 'user';
    return { made, placed: await placeEach(context, wishes, { scope, command: 'create' }), failure };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const keys = made.map(({ key, clients }) => ({ ref: refOf(key.record), clients }));
    const unplaced = notPlaced(keys, common.project, error);
    if (plan.length === 1) throw unplaced;
    return { made, placed: undefined, failure: noneWasPlaced(failure, unplaced) };
  }
}

function onePerClient(context: Context, clients: readonly string[], named: string | undefined) {
  if (clients.length > 0 && named === undefined) {
    return clients.map((client) => ({ name: `${context.host}-${client}`, clients: [client] }));
  }
  throw new UserError('usage', '--per-client names the keys itself, one for each --place.', {
    hint: 'mcpkey create --per-client --place claude-code --place cursor',
  });
}

/** The command of the wish, for a person who makes the key by hand. */
function piped(profile: string, { name, clients, project, terms }: Wish): string {
  const scopes = (terms.scopes ?? []).flatMap((scope) => ['--scope', scope]);
  const places = clients.flatMap((client) => ['--place', client]);
  const words = [...(name === undefined ? [] : [name]), '-p', profile, ...scopes, ...places];
  return typed`printf %s "$KEY" | mcpkey create ${words} ${[...(project ? ['--project'] : []), '--stdin']}`;
}

function makeKey(context: Context, connection: Connection, wish: Wish): Promise<MadeKey> {
  const guide = { stdin: wish.stdin, stepsInHint: context.io.json, pipe: piped(connection.profile.name, wish) };
  return createKey(context, connection, { name: wish.name, terms: wish.terms }, terminalGuide(context, guide));
}

/** As the ledger has it now: placing added to the record. */
async function currentDocument(context: Context, { record }: MadeKey): Promise<KeyDocument> {
  const current = await context.ledger.key(record.profile, record.name);
  return keptDocument(current ?? record, context.now());
}

async function report(context: Context, { made, placed }: Outcome, show: boolean, several: boolean): Promise<void> {
  const { io } = context;
  const documents = await Promise.all(made.map(({ key }) => currentDocument(context, key)));
  if (io.json) {
    const shown = documents.map((document, index) =>
      show ? { ...document, secret: made[index]?.key.secret.reveal() } : document,
    );
    io.revealDocument(several ? shown : shown[0]);
    return;
  }
  for (const [index, { key, clients }] of made.entries()) {
    const document = documents[index];
    if (document) printKey(io, document, context.now());
    const own = placed?.changes.filter(({ client }) => !several || clients.includes(client));
    const last = index === made.length - 1;
    if (own) printPlacements(io, { changes: own, warnings: (last && placed?.warnings) || [], id: placed?.id });
    if (show) io.reveal(`${key.secret.reveal()}\n`);
    const until = key.record.expiresAt ? ` It ends on ${formatDate(key.record.expiresAt)}.` : '';
    const next = ['mcpkey', ...(placed ? ['verify', refOf(key.record)] : ['place', refOf(key.record), 'claude-code'])];
    io.note(`Stored.${until} ${typed`Next: ${next}`}`);
  }
}
