import { type Adopted, type Adoption, adopt, findAdoption, previewAdoption } from '../adopt/adopt.ts';
import { proveKeys } from '../adopt/prove.ts';
import { defineCommand, flag } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT_CODES, UserError } from '../errors.ts';
import { runJobs } from '../rotation/many.ts';
import { createRotationPorts } from '../rotation/ports.ts';
import { namedJobs } from '../rotation/select.ts';
import { typed } from '../typed.ts';
import { printFound, printProofs } from '../views/adopt.ts';
import { terminalGuide } from '../views/guide.ts';
import { printPlacements } from '../views/placements.ts';
import { exitOf, printRotation } from '../views/rotations.ts';

const WAIT = 60_000;

export const command = defineCommand({
  summary: 'Move keys that stand in clear into the secret store',
  details:
    'Looks into every client’s files for keys in headers, options, variables and addresses, shows them masked, and asks. Each goes into the secret store and to no other host than it stood beside; a safe reference takes its place. All files change or none, and undo puts them back. What stood in clear must be taken for leaked: --rotate replaces it at once.',
  options: {
    dryRun: flag('show what was found and what would change, and change nothing'),
    rotate: flag('replace the keys that were found by new ones at once'),
  },
  examples: [
    { run: 'mcpkey adopt --dry-run', does: 'what stands in clear where, and what would become of it' },
    { run: 'mcpkey adopt', does: 'asks, then moves all of it' },
    { run: 'mcpkey adopt -y --rotate', does: 'without asking, and with new keys, where the services make them' },
  ],
  async run(context, { options }) {
    const found = await findAdoption(context);
    printFound(context, found);
    if (options.dryRun) return preview(context, found);
    if (found.plan.servers.length > 0) await ask(context, found);
    const adopted = await adopt(context, found);
    await report(context, found, adopted);
    const code = adopted.remnants.length > 0 ? EXIT_CODES.partial : exitCode(found);
    const wants = adopted.keys.length > 0 && (options.rotate || (await offerRotation(context, adopted)));
    return (wants ? await rotateAll(context, adopted) : 0) || code;
  },
});

async function preview(context: Context, found: Adoption): Promise<number> {
  const { io } = context;
  const { report, remnants } = await previewAdoption(context, found);
  const { changes, warnings } = report;
  if (io.json) io.document(changes);
  else for (const { diff } of changes) if (diff !== '') io.out(diff.trimEnd());
  if (!io.json && changes.length === 0) io.out('No key stands in clear.');
  warnRemnants(context, remnants);
  for (const warning of warnings) io.warn(warning);
  return found.broken.length === 0 ? 0 : EXIT_CODES.partial;
}

function warnRemnants({ io }: Pick<Context, 'io'>, rows: Adopted['remnants']): void {
  for (const { server, reason } of rows) if (reason !== undefined) io.warn(`${server}: ${reason}`);
}

async function ask(context: Context, { plan }: Adoption): Promise<void> {
  const { io, options } = context;
  if (options.yes) return;
  const files = new Set(plan.servers.map(({ found }) => found.file.path)).size;
  const store = await context.vault.currentStore();
  const question = `Move ${count(plan.keys.length, 'key')} out of ${count(files, 'file')} into the secret store (${store})?`;
  if (await io.confirm(question, { hint: 'Add --yes to move them without being asked; --dry-run only looks.' })) return;
  throw new UserError('usage', 'Nothing was changed.', { hint: 'mcpkey adopt --yes' });
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

async function report(context: Context, { plan }: Adoption, { report, keys, remnants }: Adopted): Promise<void> {
  const { io } = context;
  const moved = report.changes.filter(({ mode }) => mode !== 'plain');
  if (io.json) {
    io.document(report.changes);
    for (const warning of report.warnings) io.warn(warning);
  } else {
    printPlacements(io, { ...report, changes: moved });
    if (report.changes.length === 0) io.out('No key stands in clear.');
  }
  warnRemnants(context, remnants);
  printProofs(io, await proveKeys(context, keys, plan));
}

/** What stood in clear may have been read by anyone, or lie in a backup. */
async function offerRotation({ io, options }: Context, { keys }: Adopted): Promise<boolean> {
  const refs = keys.map(({ ref }) => ref);
  const why = 'What stood in clear must be taken for leaked.';
  if (io.interactive && !options.yes && !io.json)
    return io.confirm(`${why} Replace ${count(refs.length, 'key')} by new ones now?`, {
      hint: 'mcpkey adopt --rotate',
    });
  io.note(`${why} ${typed`Next: mcpkey rotate ${refs}`}`);
  return false;
}

async function rotateAll(context: Context, { keys }: Adopted): Promise<number> {
  const { io } = context;
  const guide = terminalGuide(context);
  const ports = createRotationPorts(context, {
    guide,
    revoking: guide,
    maxWait: context.options.maxWait ?? WAIT,
    agreeToGap: (ref) =>
      io.confirm(`Revoke the old key of ${ref} before there is a new one?`, { hint: 'Add --yes to agree to the gap.' }),
    progress: () => undefined,
  });
  const jobs = await namedJobs(
    context,
    keys.map(({ ref }) => ref),
    'rotate',
  );
  const settings = { concurrency: 4, stopAfter: 5, dryRun: false, skipByHand: false, grace: 0 };
  const done = (result: Parameters<typeof printRotation>[1]) => (io.json ? undefined : printRotation(io, result));
  const results = await runJobs(ports, jobs, { ...settings, done });
  for (const { ref, state } of io.json ? results : []) io.note(`${ref}: ${state}`);
  return exitOf(results);
}

/** Partly done where a key stays in clear, or a file could not be read. */
function exitCode({ plan, broken, strays }: Adoption): number {
  return plan.left.length + broken.length + strays.length === 0 ? 0 : EXIT_CODES.partial;
}
