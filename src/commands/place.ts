import { oneOf } from '../choices.ts';
import type { ClientScope, PlaceMode } from '../clients/types.ts';
import { defineCommand, flag, value } from '../command.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { type Credential, resolveCredential } from '../keys/credential.ts';
import { placeCredential } from '../placement/place.ts';
import { previewEntries } from '../placement/preview.ts';
import { detectedClients, skippedClients } from '../placement/survey.ts';
import type { PlaceOptions } from '../placement/types.ts';
import { printPlacements } from '../views/placements.ts';

const MODES: readonly PlaceMode[] = ['helper', 'proxy', 'wrap', 'env', 'plain'];
const SCOPES: readonly ClientScope[] = ['user', 'project', 'local'];

export const command = defineCommand({
  summary: 'Put a key into a client’s configuration',
  details:
    'The default mode holds no secret: the client starts mcpkey, which reads the key from the secret store. Only the one entry of the file changes; undo puts it back.',
  arguments: [
    { name: 'KEY', summary: 'PROFILE/NAME, NAME, PROFILE, id or PROFILE/@login', required: true, completes: 'key' },
    { name: 'TARGET', summary: 'clients, env-file or hook', variadic: true, completes: 'target' },
  ],
  options: {
    mode: value('MODE', `how the entry gets the key: ${MODES.join(', ')} (default: the best of the client)`, {
      completes: MODES,
    }),
    scope: value('SCOPE', 'whose file: user (default), project, or local (Claude Code alone)', { completes: SCOPES }),
    name: value('SERVER', "the server's name in the client (default: the profile's name)"),
    dir: value('DIR', "the project's folder (default: the current one)", { completes: 'file' }),
    var: value('VAR', 'the variable, for mode env and for env-file'),
    file: value('FILE', 'the env file, for env-file (default: .env)', { completes: 'file' }),
    command: value(
      'COMMAND',
      'for hook: a command of the shell that gets the key on stdin, now and after each rotation',
    ),
    allDetected: flag('every client that is found on this machine'),
    dryRun: flag('show what would change, and change nothing'),
    print: flag('print the entry to paste, and change no file of a client'),
    force: flag('replace an entry that mcpkey did not make; write a key into a file that git tracks'),
  },
  examples: [
    { run: 'mcpkey place stock/ci claude-code cursor', does: 'the user’s files of two clients' },
    {
      run: 'mcpkey place stock/ci claude-code --scope project',
      does: 'the .mcp.json of this folder, the same for everyone who shares it',
    },
    { run: 'mcpkey place stock/ci cursor --mode env --var STOCK_KEY', does: 'a reference to a variable' },
    { run: 'mcpkey place stock/ci --all-detected --dry-run', does: 'what would change where' },
    { run: 'mcpkey place stock/ci env-file --file .env --var STOCK_KEY', does: 'a line in an env file, in clear' },
    {
      run: "mcpkey place stock/ci hook --command 'gh secret set STOCK_KEY'",
      does: 'a secret of a GitHub repository, renewed by each rotation',
    },
  ],
  async run(context, { args: [ref = '', ...named], options }) {
    const wish: PlaceOptions = {
      mode: oneOf(options.mode, MODES, '--mode'),
      scope: oneOf(options.scope, SCOPES, '--scope'),
      name: options.name,
      dir: options.dir,
      variable: options.var,
      file: options.file,
      hook: options.command,
      force: options.force,
      dryRun: options.dryRun,
    };
    if (options.file !== undefined && !named.includes('env-file')) {
      throw new UserError('usage', '--file is for the target env-file.', {
        hint: 'mcpkey place KEY env-file --file FILE --var VAR',
      });
    }
    if (options.command !== undefined && !named.includes('hook')) {
      throw new UserError('usage', '--command is for the target hook.', {
        hint: 'mcpkey place KEY hook --command COMMAND',
      });
    }
    const credential = await resolveCredential(context, ref);
    const targets = await targetsOf(context, named, options.allDetected, wish);
    if (options.print) await print(context, credential, targets, wish);
    else await place(context, credential, targets, wish);
    return undefined;
  },
});

async function targetsOf(
  context: Context,
  named: readonly string[],
  all: boolean,
  wish: PlaceOptions,
): Promise<readonly string[]> {
  if (named.length > 0 === all) {
    throw new UserError(
      'usage',
      all ? 'Name the targets, or say --all-detected, not both.' : 'Say where to place the key.',
      {
        hint: 'mcpkey place KEY CLIENT…   (mcpkey clients lists them; --all-detected takes all that are found)',
      },
    );
  }
  if (!all) return named;
  const scope = wish.scope ?? 'user';
  for (const line of await skippedClients(context, scope, wish.dir)) context.io.warn(line);
  return detectedClients(context, scope, wish.dir);
}

async function place(
  context: Context,
  credential: Credential,
  targets: readonly string[],
  wish: PlaceOptions,
): Promise<void> {
  const { io } = context;
  const report = await placeCredential(context, credential, targets, wish);
  if (io.json) {
    io.document(report.changes);
    for (const warning of report.warnings) io.warn(warning);
    return;
  }
  if (!wish.dryRun) return printPlacements(io, report);
  for (const { diff, path } of report.changes) io.out(diff === '' ? `${path}: nothing to change` : diff.trimEnd());
  for (const warning of report.warnings) io.warn(warning);
}

async function print(
  context: Context,
  credential: Credential,
  targets: readonly string[],
  wish: PlaceOptions,
): Promise<void> {
  const { io } = context;
  const { previews, warnings } = await previewEntries(context, credential, targets, wish);
  if (io.json) {
    io.document(previews.map(({ text, ...row }) => ({ ...row, changed: false, diff: '', entry: text })));
  } else {
    for (const { client, path, text } of previews) {
      io.note(path === null ? client : `${client}: ${path}`);
      io.out(text);
    }
  }
  for (const warning of warnings) io.warn(warning);
}
