import { defineCommand, flag } from '../command.ts';
import type { Context } from '../context.ts';
import type { EnrolRow } from '../enrol/enrol.ts';
import { UserError } from '../errors.ts';
import type { Profile } from '../profiles.ts';
import { checkProject } from '../project/check.ts';
import { type Project, readProject } from '../project/file.ts';
import { addPlugins } from '../project/plugins.ts';
import type { WantedServer } from '../project/servers.ts';
import { bringUp, type Candidate, heldBack, newOrigins, planProject } from '../project/up.ts';
import { logIn } from '../session/login.ts';
import { typed } from '../typed.ts';
import { consentOf } from '../views/consent.ts';
import { terminalGuide } from '../views/guide.ts';
import { terminalLogin } from '../views/login.ts';
import { exitOfRows, printCheck, printPlan, printRows } from '../views/project.ts';

export const command = defineCommand({
  summary: 'Bring this machine to what the project’s mcpkey.json wants',
  details:
    'Profiles, logins, a key of one’s own for each server, placements, probes. Says first to which hosts it will talk, and asks once about those that are new here. Run again, it changes nothing.',
  options: { check: flag('only look; exit 8 if anything is missing'), noBrowser: flag('open no browser') },
  examples: [
    { run: 'mcpkey up', does: 'after git clone' },
    { run: 'mcpkey up --check', does: 'in CI: is everything there? No network' },
    { run: 'mcpkey up --yes --json', does: 'in CI: agree to the hosts beforehand' },
  ],
  async run(context, { options }) {
    const { io } = context;
    const project = await readProject(context);
    if (options.check) {
      const rows = await checkProject(context, project);
      if (io.json) io.document(rows);
      else printCheck(io, rows);
      return exitOfRows(rows);
    }
    await addPlugins(context, project, consentOf(context));
    const candidates = await planProject(context, project);
    printPlan(context, candidates);
    const rows = heldBack(candidates) ?? (await bringAgreed(context, project, candidates, options));
    if (io.json) io.document(rows);
    else printRows(io, rows);
    return exitOfRows(rows);
  },
});

async function bringAgreed(
  context: Context,
  project: Project,
  candidates: readonly Candidate[],
  options: { noBrowser: boolean },
): Promise<readonly EnrolRow[]> {
  const { io } = context;
  await agree(context, project, candidates);
  return bringUp(context, project, candidates, {
    guide: terminalGuide(context),
    guideTo: (wanted) => terminalGuide(context, { pipe: importing(wanted) }),
    onStep: ({ changed, text }) =>
      io.json ? undefined : io.out(`${changed ? io.color('green', '✓') : io.dim('·')} ${text}`),
    logIn: (profile) => logInHere(context, profile, options),
  });
}

const importing = ({ profile, keyName }: WantedServer): string =>
  typed`printf %s "$KEY" | mcpkey import ${keyName} -p ${profile.name} --stdin   and then: mcpkey up`;

/** Credentials go there from now on, so a person says so once. */
async function agree(context: Context, { path }: Project, candidates: readonly Candidate[]): Promise<void> {
  const origins = newOrigins(candidates);
  if (origins.length === 0 || context.options.yes) return;
  const { io } = context;
  io.say(`${path} sends credentials to hosts that are new on this machine:`);
  for (const origin of origins) io.say(`  ${origin}`);
  if (await io.confirm('Go on?', { hint: 'Look at them, and add --yes to agree beforehand.' })) return;
  throw new UserError('usage', 'Nothing was changed.', { hint: 'mcpkey up --yes' });
}

async function logInHere(
  context: Context,
  profile: Profile,
  options: { noBrowser: boolean },
): Promise<string | undefined> {
  const screen = await terminalLogin(context, options);
  const { session } = await logIn(context, profile, { method: undefined, scopes: [], redirectPort: undefined }, screen);
  return session.account;
}
