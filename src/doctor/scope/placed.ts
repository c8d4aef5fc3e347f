/** Placements by the client that they are in: the subject of every `placement.*` check. */
import { readEntry } from '../../clients/formats/index.ts';
import { HOOK } from '../../placement/hook.ts';
import type { LocatedPlacement } from '../../placement/unplace.ts';
import { readRegular } from '../../system/files.ts';
import { together } from '../findings.ts';
import { nothing } from '../subjects.ts';
import type { Check, Finding, Scope } from '../types.ts';

export type LookAtPlacement = (located: LocatedPlacement, scope: Scope) => Promise<Finding>;

/** One subject a client, env files among them; what several entries show is told as one. */
export const eachPlacement =
  (look: LookAtPlacement): Check['looks'] =>
  async (scope) => {
    const placements = (await scope.placements()).filter(({ client }) => client.id !== HOOK);
    if (placements.length === 0) return nothing('Nothing is placed on this machine.');
    const ids = [...new Set(placements.map(({ client }) => client.id))];
    return ids.map((subject) => ({
      subject,
      look: async () => {
        const mine = placements.filter(({ client }) => client.id === subject);
        return together(await Promise.all(mine.map((located) => look(located, scope))), 'Nothing is placed there.');
      },
    }));
  };

/** What the file holds under the server's name; undefined where it has none, or there is no file. Throws `bad_config_file`. */
export async function entryOf({ realPath, place, owned }: LocatedPlacement): Promise<unknown> {
  const bytes = await readRegular(realPath);
  return bytes === undefined ? undefined : await readEntry(bytes, place, owned.placement.server);
}
