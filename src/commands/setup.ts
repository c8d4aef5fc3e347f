import { defineCommand, flag, value } from '../command.ts';
import type { Context } from '../context.ts';
import { type EnrolRow, enrol, type Step } from '../enrol/enrol.ts';
import { EXIT_CODES, UserError } from '../errors.ts';
import { checkKeyName } from '../keys/names.ts';
import { checkWishes } from '../keys/options.ts';
import { GENERIC_OPTIONS, KEY_OPTIONS, LOGIN_OPTIONS, PLACE_OPTIONS, PROFILE_OPTIONS, wishesOf } from '../options.ts';
import { checkTargets } from '../placement/preflight.ts';
import { detectedClients, placeableClients, skippedClients } from '../placement/survey.ts';
import type { Profile } from '../profiles.ts';
import type { Provider } from '../providers/types.ts';
import { makeProfile } from '../session/connect.ts';
import { type LoginChoice, logIn } from '../session/login.ts';
import { typed } from '../typed.ts';
import { printFailure } from '../views/failure.ts';
import { terminalGuide } from '../views/guide.ts';
import { loginChoice, terminalLogin } from '../views/login.ts';

export const command = defineCommand({
  summary: 'Log in, make a key, place it and check it, in one go',
  details:
    'A step that is done already is left as it is, so it can be run again after a failure. The URL of an MCP endpoint means the provider `generic`.',
  arguments: [
    {
      name: 'PROVIDER|URL',
      summary: 'a provider, a profile, or an MCP endpoint',
      required: true,
      completes: 'provider',
    },
  ],
  options: {
    ...LOGIN_OPTIONS,
    ...PROFILE_OPTIONS,
    ...GENERIC_OPTIONS,
    ...KEY_OPTIONS,
    ...PLACE_OPTIONS,
    allDetected: flag('place it into every client found here'),
    name: value('SERVER', "the server's name in the clients (default: the profile's name)"),
    key: value('NAME', 'what to call the key (default: USER-HOST)'),
    stdin: flag('read the key made by hand from stdin'),
  },
  examples: [
    { run: 'mcpkey setup ai2fin --place claude-code', does: 'from login to a client that connects' },
    { run: 'mcpkey setup https://mcp.example.com/mcp --place cursor', does: 'any MCP endpoint' },
    { run: 'mcpkey setup investra --all-detected --stdin < key.txt', does: 'with a key made in the dashboard' },
    { run: 'mcpkey setup apexmcp --org acme --client-credentials --place cursor', does: "with the login's own token" },
  ],
  async run(context, { args: [word], options }) {
    const profile = await makeProfile(context, word, options);
    const { provider } = await context.connect(profile);
    const { choice, useLogin } = credentialChoice(provider, options);
    const clients = await chooseClients(context, options);
    const scope = options.project ? 'project' : 'user';
    await checkTargets(context, clients, { server: options.name ?? profile.name, scope });
    if (choice.method === undefined) tellOfOAuth(context, profile, provider);
    const row = await enrol(
      context,
      {
        profile,
        keyName: options.key,
        terms: wishesOf(options),
        clients,
        placing: { scope, name: options.name, command: 'setup' },
        useLogin,
        logIn: () => logInHere(context, profile, choice, options),
      },
      { guide: terminalGuide(context, { ...options, pipe: piped(word) }), onStep: (step) => showStep(context, step) },
    );
    return report(context, row);
  },
});

const piped = (word: string | undefined): string =>
  typed`printf %s "$KEY" | mcpkey setup ${word ?? 'PROVIDER'} --stdin`;

type Wishes = Parameters<typeof loginChoice>[0] & Parameters<typeof wishesOf>[0] & { key: string | undefined };

/**
 * The login's own token where a way to log in is named and keys are made by hand, else a key. Throws `usage` for what
 * the one or the other has no use for, also where a key is kept already: nothing is quietly ignored.
 */
function credentialChoice(provider: Provider, options: Wishes): { choice: LoginChoice; useLogin: boolean } {
  const named = loginChoice(options, []).method !== undefined;
  const useLogin = named && provider.operations.create.mode !== 'api';
  if (!useLogin) {
    checkWishes(provider.manifest, wishesOf(options));
    if (options.key !== undefined) checkKeyName(options.key);
    return { choice: loginChoice(options, []), useLogin };
  }
  const forKeys = {
    key: options.key,
    expires: options.expires,
    metadata: options.metadata[0],
    'allow-ip': options.allowIp[0],
  };
  const [foreign] = Object.entries(forKeys).find(([, given]) => given !== undefined) ?? [];
  if (foreign === undefined) return { choice: loginChoice(options, options.scope), useLogin };
  throw new UserError('usage', `--${foreign} is for a key, and here the login's own token is placed.`, {
    hint: 'Leave it out, or the way to log in, so that a key is made.',
  });
}

async function chooseClients(
  context: Context,
  options: { place: string[]; allDetected: boolean; project: boolean },
): Promise<readonly string[]> {
  const hint = 'Name the clients: --place claude-code, or --all-detected';
  if (options.allDetected && options.place.length > 0) {
    throw new UserError('usage', '--place and --all-detected exclude each other.', { hint });
  }
  if (options.place.length > 0) return options.place;
  if (!options.allDetected && !context.io.interactive) throw new UserError('usage', 'No client was named.', { hint });
  const scope = options.project ? 'project' : 'user';
  if (options.allDetected) {
    for (const line of await skippedClients(context, scope)) context.io.warn(line);
    return detectedClients(context, scope);
  }
  const choices = (await placeableClients(context, scope)).map(({ id, title, found }) => ({
    value: id,
    name: found ? title : `${title} (not found here)`,
    checked: found,
  }));
  return context.io.chooseSome('Place the key into', choices, { hint });
}

async function logInHere(
  context: Context,
  profile: Profile,
  choice: LoginChoice,
  options: { noBrowser: boolean },
): Promise<string | undefined> {
  const { session } = await logIn(context, profile, choice, await terminalLogin(context, options));
  return session.account;
}

function tellOfOAuth({ io }: Context, { name }: Profile, { manifest, operations }: Provider): void {
  if (manifest.mcp.login === undefined || operations.create.mode === 'api') return;
  io.note(
    typed`This service also offers its users an OAuth login at the MCP endpoint: mcpkey login ${name}, then place ${name}/@login.`,
  );
}

function showStep({ io }: Context, { changed, text }: Step): void {
  if (!io.json) io.out(`${changed ? io.color('green', '✓') : io.dim('·')} ${text}`);
}

function report(context: Context, row: EnrolRow): number {
  const { io } = context;
  if (io.json) io.document([row]);
  if (row.error === null) {
    if (!io.json) io.out(io.bold(`${row.server} is ready.`));
    return 0;
  }
  if (!io.json) {
    printFailure(io, row.server, row.error);
    io.note('What was done stays. Mend this, then run the same command again: it goes on from here.');
  }
  return EXIT_CODES[row.error.code];
}
