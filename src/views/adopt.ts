/** How keys in clear, and what becomes of them, are told. No value is shown. */
import type { Adoption } from '../adopt/adopt.ts';
import type { Finding, FoundServer } from '../adopt/find.ts';
import type { PlannedKey, PlannedServer } from '../adopt/plan.ts';
import type { Proof } from '../adopt/prove.ts';
import { whyStray } from '../adopt/rows.ts';
import type { Context } from '../context.ts';
import type { Io } from '../io.ts';

/** What was found and where it goes, before anyone is asked. On stderr with `--json`. */
export function printFound(context: Context, { plan, broken, strays }: Adoption): void {
  const { io } = context;
  const line = io.json ? (text: string) => io.note(text) : (text: string) => io.out(text);
  for (const server of plan.servers) {
    const { found, key, further } = server;
    line(`${io.bold(found.server)} in ${found.client.title}`);
    for (const finding of foreign(found)) line(`  ${place(finding)}  ${what(finding)}  ${finding.masked}`);
    line(`  ${io.dim('→')} ${[key, ...further].map(refOf).join(', ')}  ${io.dim(goesTo(server))}`);
    if (server.note !== undefined) io.warn(`${found.server}: ${server.note}`);
  }
  for (const { found, why } of plan.left) {
    line(`${io.color('yellow', found.server)} in ${found.client.title}`);
    for (const finding of foreign(found)) line(`  ${place(finding)}  ${what(finding)}  ${finding.masked}`);
    if (io.json) io.warn(`${found.server} in ${found.file.path} stays in clear: ${why}`);
    else line(`  ${io.color('yellow', 'stays:')} ${why}`);
  }
  for (const stray of strays) io.warn(whyStray(stray));
  for (const { error } of broken) io.warn(`${error.message} Mend it, then: mcpkey adopt`);
}

const foreign = ({ findings }: FoundServer): readonly Finding[] => findings.filter(({ ref }) => ref === null);
const place = ({ path, line }: Finding): string => `${path}:${line}`;
const what = ({ kind, name, scheme }: Finding): string => `${name ?? KINDS[kind]}${scheme ? `: ${scheme}` : ''}`;
const refOf = ({ profile, name }: PlannedKey): string => `${profile.name}/${name}`;

const KINDS: Readonly<Record<Finding['kind'], string>> = {
  header: 'header',
  bearer: 'bearer',
  arg: 'argument',
  env: 'variable',
  'url-query': 'address',
  'url-password': 'address',
};

const goesTo = ({ key: { provider } }: PlannedServer): string => {
  const access = provider.mcp('key');
  if (access) return `goes to ${new URL(access.url).host} alone`;
  return `goes to ${provider.settings.command?.join(' ') ?? 'its server'} alone`;
};

/** Which of the keys still work. */
export function printProofs(io: Io, proofs: readonly Proof[]): void {
  for (const { ref, state, why } of proofs) {
    if (state === 'works') io.note(`${ref} works.`);
    else if (state === 'dead') io.warn(`${ref} is dead: ${why} It was moved all the same.`);
    else io.warn(`${ref} could not be checked: ${why}`);
  }
}
