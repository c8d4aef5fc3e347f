import { existsSync } from 'node:fs';
import type { Context } from '../context.ts';
import type { UserError } from '../errors.ts';
import { LOGIN_NAME } from '../keys/names.ts';
import { ensureLauncher, launcherOf } from '../placement/launcher.ts';
import type { LocatedPlacement } from '../placement/unplace.ts';
import { isObject } from '../proxy/message.ts';
import { probe } from '../proxy/probe.ts';
import { secret } from '../secret.ts';
import { pause } from '../system/pause.ts';
import { which } from '../system/run.ts';
import { LOGIN } from '../vault/shelf.ts';
import { failure, ok, skipped } from './findings.ts';
import { eachPlacement, entryOf } from './scope/placed.ts';
import { bareEnvironment, type Started, startHelper, startServer, terminalEnvironment } from './scope/started.ts';
import { placeCommand } from './scope/words.ts';
import type { Check, Finding, Scope } from './types.ts';

/** ms before the end of its time in which a command that waits for the service says that it does. */
const LAST_WORD = 500;

export const check: Check = {
  id: 'placement.command',
  title: 'The commands that clients start',
  looksAt:
    'Each command that an entry names is started as a program launched from the desktop starts it: with HOME, LOGNAME, PATH, SHELL, TERM and USER alone, and a PATH that no shell has filled; one in a project’s file, which names no path, as this terminal starts it. Then initialize and tools/list go through it.',
  error: 'The client cannot start it, or gets no answer from it.',
  remedies: [
    'Place the key again, which makes the launcher anew; the command is printed.',
    'In a project’s file mcpkey is started by name: npm install --global mcpkey',
  ],
  fixes: 'Makes mcpkey’s launcher anew where it is gone.',
  looks: eachPlacement(look),
};

async function look(located: LocatedPlacement, scope: Scope): Promise<Finding> {
  const begun = performance.now();
  const { mode, server, client: id } = located.owned.placement;
  if (mode === 'env' || mode === 'plain') return skipped(`"${server}" starts nothing of mcpkey’s.`);
  const entry = await entryOf(located).catch(() => undefined);
  if (entry === undefined) return skipped(`"${server}" is not there (placement.entry).`);
  const client = await scope.context.client(id);
  const parts = client.read(entry);
  const env = environmentFor(scope.context, located);
  const helper = mode === 'helper' ? helperOf(entry) : undefined;
  if (helper === undefined && parts.command === undefined) return skipped(`"${server}" starts nothing.`);
  const program = helper === undefined ? (parts.command ?? '') : programIn(helper, scope.context);
  const lost = program === undefined ? undefined : await missing(scope.context, program, env);
  if (lost) return gone(scope.context, located, lost);
  const key = JSON.stringify([helper ?? [parts.command, parts.args, parts.env], env]);
  await awaitStore(located.owned.ref, scope);
  const starting = scope.started({
    key,
    start: () =>
      helper === undefined ? startServer(scope.context, parts, env) : startHelper(scope.context, helper, env),
  });
  const left = begun + scope.limit - LAST_WORD - performance.now();
  const started = await Promise.race([starting, pause(left, scope.context.signal)]);
  if (!started && (await isKeysFault(located.owned.ref, scope)))
    return skipped(
      `"${server}" starts something that is not answered; what the key or the service lacks, key.probe tells.`,
    );
  return judge(located, started ?? (await starting), { scope, url: parts.url });
}

/** A store that is locked is not asked again by each command. Throws as its trial did. */
async function awaitStore(ref: string, scope: Scope): Promise<void> {
  const slash = ref.indexOf('/');
  const [profile, name] = [ref.slice(0, slash), ref.slice(slash + 1)];
  const record = name === LOGIN_NAME ? LOGIN : (await scope.context.ledger.key(profile, name))?.secret;
  if (typeof record === 'string') await scope.usable(profile, record);
}

/** A project's file names neither path nor environment: who starts a client in a terminal gives it that terminal's. */
const environmentFor = (context: Context, { owned }: LocatedPlacement): Record<string, string> =>
  owned.placement.scope === 'project' ? terminalEnvironment(context) : bareEnvironment(context);

function helperOf(entry: unknown): string | undefined {
  const fields = isObject(entry) ? Object.entries(entry) : [];
  const found = fields.find(([name, value]) => /helper$/i.test(name) && typeof value === 'string');
  return typeof found?.[1] === 'string' ? found[1] : undefined;
}

/** mcpkey, as a shell's line names it: its launcher behind `env` or quoted, or in a project's file its bare name. */
function programIn(helper: string, context: Context): string | undefined {
  const { command } = launcherOf(context);
  if (helper.includes(command)) return command;
  return helper.startsWith('mcpkey ') ? 'mcpkey' : undefined;
}

/** The program, where it is not there. */
async function missing(context: Context, command: string, env: Record<string, string>): Promise<string | undefined> {
  if (context.platform === 'win32') return undefined;
  return (await which(command, env)) === undefined ? command : undefined;
}

function gone(context: Context, { owned: { ref, placement } }: LocatedPlacement, command: string): Finding {
  if (command === 'mcpkey') {
    return failure('The entry starts mcpkey by name, and there is none on PATH.', 'npm install --global mcpkey');
  }
  const isLauncher = command === launcherOf(context).command;
  const why = existsSync(command) ? 'may not be run' : 'is not there';
  return failure(`${command} ${why}, which "${placement.server}" starts.`, placeCommand(ref, placement), {
    mend: isLauncher
      ? async () => {
          await ensureLauncher(context);
          return `Made ${command} anew.`;
        }
      : undefined,
  });
}

async function judge(
  { owned: { ref, placement } }: LocatedPlacement,
  started: Started,
  { scope, url }: { scope: Scope; url: string | undefined },
): Promise<Finding> {
  const { server, mode } = placement;
  const what = mode === 'helper' ? 'The helper' : 'The command';
  const again = placeCommand(ref, placement);
  if ('error' in started) return failure(`${what} of "${server}": ${started.error.message}`, again);
  const result = 'result' in started ? started.result : await withHeaders(scope, started.headers, url);
  if (!result || result.ok)
    return ok(
      `${what} of "${server}" answers, started as ${placement.scope === 'project' ? 'this terminal' : 'the desktop'} starts it.`,
    );
  if (await isKeysFault(ref, scope))
    return skipped(`${what} of "${server}" starts; what the key lacks, key.probe tells.`);
  return failure(`${what} of "${server}": ${told(result.error)}`, again);
}

const told = (error: UserError | null): string => (error?.message ?? '').replace('The local server', 'It');

async function withHeaders(scope: Scope, headers: Readonly<Record<string, string>>, url: string | undefined) {
  if (url === undefined) return undefined;
  const access = { url, headers: () => ({ ...headers }) };
  const provider = {
    id: 'generic',
    diagnoseMcp: (await scope.context.provider('generic')).bind({ mcpUrl: url, sign: false, allowHttp: true })
      .diagnoseMcp,
  };
  return probe(access, secret(''), { context: scope.context, provider, attempts: 1 });
}

/** What is wrong with the key or the service is no fault of the command. */
async function isKeysFault(ref: string, scope: Scope): Promise<boolean> {
  const answer = await scope.answer(ref);
  return 'unasked' in answer || !answer.result.ok;
}
