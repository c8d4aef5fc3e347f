import { entryDigest } from '../placement/draft.ts';
import { HOOK } from '../placement/hook.ts';
import { ENV_FILE } from '../placement/target.ts';
import { isOurs, type LocatedPlacement } from '../placement/unplace.ts';
import { readRegular } from '../system/files.ts';
import { failure, ok, skipped, warning } from './findings.ts';
import { eachPlacement, entryOf } from './scope/placed.ts';
import { placeCommand } from './scope/words.ts';
import type { Check, Finding } from './types.ts';

export const check: Check = {
  id: 'placement.entry',
  title: 'The entries that mcpkey wrote',
  looksAt: 'Each entry that mcpkey wrote: whether it is still there, and still says what mcpkey wrote.',
  warning: 'Someone changed it, and it still starts mcpkey with this key.',
  error: 'It is gone, or is another one now.',
  remedies: [
    'Write it again; the command is printed.',
    'If that is how you want it: mcpkey doctor --accept placement.entry CLIENT',
    'If it is not needed any more: mcpkey unplace KEY CLIENT',
  ],
  looks: eachPlacement(look),
};

async function look(located: LocatedPlacement): Promise<Finding> {
  const { owned, realPath, written } = located;
  const { ref, placement } = owned;
  const { server, path, client } = placement;
  if ((await readRegular(realPath)) === undefined) return skipped(`${path} is gone (placement.file).`);
  const again = placeCommand(ref, placement);
  const entry = await entryOf(located);
  if (entry === undefined) return failure(`"${server}" is gone from ${path}.`, again);
  if (entryDigest(entry) === placement.digest) return ok(`"${server}" in ${path} is as mcpkey wrote it.`);
  const holdsKey = client === ENV_FILE || client === HOOK || placement.mode === 'plain';
  if (holdsKey) return failure(`"${server}" in ${path} holds something else than mcpkey wrote.`, again);
  if (isOurs(entry, owned, written) && placement.mode !== 'env') {
    return warning(`"${server}" in ${path} was changed since mcpkey wrote it.`, again);
  }
  return failure(`"${server}" in ${path} is another entry than mcpkey wrote.`, again);
}
