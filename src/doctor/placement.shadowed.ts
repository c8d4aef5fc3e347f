import { isSame } from '../clients/formats/data.ts';
import type { ClientFile, ClientScope } from '../clients/types.ts';
import { startsMcpkey } from '../placement/entry.ts';
import type { LocatedPlacement } from '../placement/unplace.ts';
import { ok, warning } from './findings.ts';
import type { FileState, ServerEntry } from './scope/clients.ts';
import { eachPlacement } from './scope/placed.ts';
import { line, placeCommand } from './scope/words.ts';
import type { Check, Finding, Scope } from './types.ts';

export const check: Check = {
  id: 'placement.shadowed',
  title: 'Entries that another one hides',
  looksAt:
    'Whether another file of the client, as it reads them in the current folder, has an entry of the same name that goes before: a project’s before the user’s, Claude Code’s local one before both.',
  warning: 'In this folder the client uses the other entry, not the one that mcpkey placed.',
  remedies: [
    'Take the other entry out, or let it use this key too; the command is printed.',
    'If that is meant so: mcpkey doctor --accept placement.shadowed CLIENT',
  ],
  looks: eachPlacement(look),
};

/** The higher one is used. */
const RANK: Readonly<Record<ClientScope, number>> = { user: 0, project: 1, local: 2 };

async function look(located: LocatedPlacement, scope: Scope): Promise<Finding> {
  const { ref, placement } = located.owned;
  const state = (await scope.clients()).find(({ client }) => client.id === placement.client);
  const own = state?.files.find(({ file }) => isFileOf(file, placement));
  const mine = own?.servers.find(({ name }) => name === placement.server);
  const above = state?.files.filter(({ file }) => RANK[file.scope] > RANK[placement.scope]) ?? [];
  for (const file of above) {
    const other = file.servers.find(({ name }) => name === placement.server);
    if (!mine || !other || isAlike(mine, other, ref)) continue;
    return hidden(located, { file, other, cwd: scope.context.cwd });
  }
  return ok(`"${placement.server}" is what ${located.client.title} uses here.`);
}

const isFileOf = (file: ClientFile, { path, scope }: { path: string; scope: ClientScope }): boolean =>
  file.path === path && file.scope === scope;

/** The same key by the same way, or the very same entry. */
function isAlike(mine: ServerEntry, other: ServerEntry, ref: string): boolean {
  if (isSame(mine.entry, other.entry)) return true;
  const { owned } = other;
  return owned?.owned.ref === ref && startsMcpkey(owned.owned.placement.mode);
}

interface Hiding {
  readonly file: FileState;
  readonly other: ServerEntry;
  readonly cwd: string;
}

function hidden({ owned: { ref, placement }, client }: LocatedPlacement, { file, other, cwd }: Hiding): Finding {
  const { scope, path } = file.file;
  const seen = `In ${cwd} ${client.title} uses "${placement.server}" of ${path} (${scope}) instead of ${ref}.`;
  if (other.owned) {
    const words = ['unplace', other.owned.owned.ref, client.id, '--scope', scope, '--name', placement.server];
    return warning(seen, line([...words, '--dir', cwd]));
  }
  return warning(seen, placeCommand(ref, { ...placement, scope, dir: cwd }, { force: true }));
}
