/** What a project still wants on this machine. Nothing is changed, and nobody is asked over the network. */
import type { Context } from '../context.ts';
import type { EnrolRow } from '../enrol/enrol.ts';
import { errorDocument, UserError } from '../errors.ts';
import { keyCredential } from '../keys/credential.ts';
import { placeJobs } from '../placement/place.ts';
import type { Project } from './file.ts';
import { jobsFor } from './placing.ts';
import { missingPlugins } from './plugins.ts';
import type { WantedServer } from './servers.ts';
import { type Candidate, planProject } from './up.ts';

/** A row of the document of `up --check`. */
export interface CheckRow extends EnrolRow {
  /** What there is to make: `provider`, `profile`, `key`, `placement`, `binding`. */
  readonly missing: readonly string[];
}

export async function checkProject(context: Context, project: Project): Promise<readonly CheckRow[]> {
  const absent = await missingPlugins(context, project);
  const lacksPlugin = (server: string) => absent.includes(project.file.servers[server]?.provider ?? '');
  const rows: CheckRow[] = [];
  for (const candidate of await planProject(context, project)) {
    rows.push(
      lacksPlugin(candidate.server)
        ? { ...emptyRow(candidate), state: 'missing', missing: ['provider'] }
        : await checkOne(context, project, candidate),
    );
  }
  return rows;
}

const emptyRow = ({ server, wanted }: Candidate) => ({
  server,
  profile: wanted?.profile.name ?? '',
  key: null,
  placements: [],
  error: null,
});

async function checkOne(context: Context, project: Project, candidate: Candidate): Promise<CheckRow> {
  const row = emptyRow(candidate);
  const failed = (error: UserError): CheckRow => ({
    ...row,
    state: 'failed',
    error: errorDocument(error),
    missing: [],
  });
  if (!candidate.wanted) return failed(candidate.error ?? new UserError('usage', 'The server has no meaning here.'));
  try {
    return await lookAt(context, project, candidate.wanted, row);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return failed(error);
  }
}

async function lookAt(
  context: Context,
  project: Project,
  wanted: WantedServer,
  row: ReturnType<typeof emptyRow>,
): Promise<CheckRow> {
  if (wanted.isNew) return { ...row, state: 'missing', missing: ['profile', 'key', 'placement'] };
  const { profile, provider, keyName, server } = wanted;
  const record = await context.ledger.key(profile.name, keyName);
  const ended = record?.expiresAt != null && Date.parse(record.expiresAt) <= context.now();
  if (!record || record.secret === null || record.status === 'revoked' || record.status === 'expired' || ended)
    return { ...row, state: 'missing', missing: ['key', 'placement'] };
  const credential = keyCredential(context, { profile, record }, provider);
  const jobs = await jobsFor(context, project, { wanted, credential });
  const { changes } = await placeJobs(context, jobs, { command: 'up', dryRun: true });
  const bound = await context.ledger.binding(project.name, server);
  const missing = [
    ...(changes.some(({ changed }) => changed) ? ['placement'] : []),
    ...(bound?.ref === credential.ref ? [] : ['binding']),
  ];
  return { ...row, key: credential.ref, placements: changes, state: missing.length > 0 ? 'missing' : 'ready', missing };
}
