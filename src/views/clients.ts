/** The clients of this machine as a table: what is here first, and one line for each file that is there. */
import type { Context } from '../context.ts';
import type { Io } from '../io.ts';
import type { ClientSurvey } from '../placement/survey.ts';

interface Line {
  readonly client: ClientSurvey;
  /** Absent for a client that keeps its servers in no file. */
  readonly file: ClientSurvey['files'][number] | undefined;
}

export function printClients(io: Io, survey: readonly ClientSurvey[], at: Pick<Context, 'home' | 'cwd'>): void {
  const order = [...survey.filter(({ found }) => found), ...survey.filter(({ found }) => !found)];
  const lines = order.flatMap(linesOf);
  io.table(lines, [
    { title: 'CLIENT', text: ({ client }) => client.id },
    { title: 'FOUND', text: ({ client }) => (client.found ? io.color('green', 'yes') : io.dim('no')) },
    { title: 'SERVERS', text: ({ file }) => serversOf(io, file) },
    { title: 'FILE', text: ({ file }) => place(io, file, at) },
    { title: 'MODES', text: ({ client }) => client.modes.join(', '), rank: 1 },
  ]);
}

/** Its files that are there, else the one that would be made. In the home folder a project's file may be the user's own. */
function linesOf(client: ClientSurvey): Line[] {
  const own = new Set(client.files.flatMap(({ scope, path }) => (scope === 'user' ? [path] : [])));
  const there = client.files.filter(({ scope, path, exists }) => exists && !(scope === 'project' && own.has(path)));
  return (there.length > 0 ? there : [client.files[0]]).map((file) => ({ client, file }));
}

function serversOf(io: Io, file: Line['file']): string {
  if (file === undefined) return '';
  return file.error === null ? file.servers.join(', ') : io.color('red', 'broken');
}

/** Below the current folder as `./…`, below the home folder as `~/…`; the scope where it is not the user's. */
function place(io: Io, file: Line['file'], { home, cwd }: Pick<Context, 'home' | 'cwd'>): string {
  if (file === undefined) return io.dim('none: place KEY CLIENT --print');
  const short = (folder: string, sign: string) =>
    folder !== '/' && /[/\\]/.test(file.path.charAt(folder.length)) && file.path.startsWith(folder)
      ? sign + file.path.slice(folder.length)
      : undefined;
  const near = file.scope === 'project' ? short(cwd, '.') : undefined;
  const text = `${fitted(io, near ?? short(home, '~') ?? file.path)}${file.scope === 'user' ? '' : ` (${file.scope})`}`;
  return file.exists ? text : io.dim(text);
}

/** On a terminal, the beginning and the end of a long path: both tell more than its middle. */
const LONGEST = 40;
const fitted = (io: Io, path: string): string =>
  io.stdoutTty && path.length > LONGEST ? `${path.slice(0, 12)}…${path.slice(13 - LONGEST)}` : path;
