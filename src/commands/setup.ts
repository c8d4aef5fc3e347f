import { defineCommand, flag, value } from '../command.ts';
import type { Context } from '../context.ts';
import { type EnrolRow, enrol, type Step } from '../enrol/enrol.ts';
import { EXIT_CODES, UserError } from '../errors.ts';
import { GENERIC_OPTIONS, KEY_OPTIONS, LOGIN_OPTIONS, PLACE_OPTIONS, PROFILE_OPTIONS, wishesOf } from '../options.ts';
import { detectedClients, surveyClients } from '../placement/survey.ts';
import type { Profile } from '../profiles.ts';
import { makeProfile } from '../session/connect.ts';
import { type LoginChoice, logIn } from '../session/login.ts';
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
    const choice = loginChoice(options, []);
    const profile = await makeProfile(context, word, options);
    const { provider } = await context.connect(profile);
    const clients = await chooseClients(context, options);
    const onStep = (step: Step) => showStep(context, step);
    tellOfOAuth(
      context,
      profile.name,
      provider.manifest.mcp.login !== undefined && provider.operations.create.mode !== 'api',
      choice,
    );
    const row = await enrol(
      context,
      {
        profile,
        keyName: options.key,
        terms: wishesOf(options),
        clients,
        placing: { scope: options.project ? 'project' : 'user', name: options.name, command: 'setup' },
        useLogin: choice.method !== undefined && provider.operations.create.mode !== 'api',
        logIn: () => logInHere(context, profile, choice, options),
      },
      { guide: terminalGuide(context, options), onStep },
    );
    return report(context, row);
  },
});

async function chooseClients(
  context: Context,
  options: { place: string[]; allDetected: boolean; project: boolean },
): Promise<readonly string[]> {
  for (const id of options.place) await context.client(id);
  if (options.place.length > 0) return options.place;
  const hint = 'Name the clients: --place claude-code, or --all-detected';
  if (!options.allDetected && !context.io.interactive) throw new UserError('usage', 'No client was named.', { hint });
  if (options.allDetected) return detectedClients(context, options.project ? 'project' : 'user');
  const survey = await surveyClients(context);
  const choices = survey.map(({ id, title, found }) => ({
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

function tellOfOAuth(context: Context, profile: string, offered: boolean, choice: LoginChoice): void {
  if (!offered || choice.method !== undefined) return;
  context.io.note(
    `This service also offers its users an OAuth login at the MCP endpoint: mcpkey login ${profile}, then place ${profile}/@login.`,
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
