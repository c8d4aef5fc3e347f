/** Where keys that were moved out of a file's entries still stand in it. */
import { isTelling } from '../adopt/telling.ts';
import { decode } from '../clients/formats/text.ts';
import { bytesIn, type Draft } from './draft.ts';
import type { PreparedTarget } from './target.ts';
import type { PlacementChange } from './types.ts';

/** A row for each line that holds one of them, once a file; to be asked when all entries are as they will be. */
export function remnantRows(draft: Draft, targets: readonly PreparedTarget[]): readonly PlacementChange[] {
  const seen = new Set<string>();
  return targets.flatMap((target) => {
    const { realPath, place, client, server, gone = [] } = target;
    const bytes = gone.length > 0 ? bytesIn(draft, realPath) : undefined;
    if (bytes === undefined) return [];
    const { text } = decode(bytes, place.path);
    const lines = new Set(
      gone
        .map((one) => one.reveal())
        .filter(isTelling)
        .flatMap((one) => linesWith(text, one)),
    );
    return [...lines].flatMap((line): PlacementChange[] => {
      if (seen.has(`${realPath}:${line}`)) return [];
      seen.add(`${realPath}:${line}`);
      const reason = `its key stands in ${place.path}:${line} as well, outside of what mcpkey may change: take it out there by hand`;
      const told = { client: client.id, path: place.path, server, reload: client.reload, reason };
      return [{ ...told, mode: 'plain', changed: false, diff: '' }];
    });
  });
}

/** From 1. */
export const linesWith = (text: string, value: string): readonly number[] =>
  text.split(/\r\n|\n|\r/).flatMap((line, index) => (line.includes(value) ? [index + 1] : []));
