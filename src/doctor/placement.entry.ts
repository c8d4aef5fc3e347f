import { isAsWritten } from '../placement/fields.ts';
import { HOOK } from '../placement/hook.ts';
import { ENV_FILE } from '../placement/target.ts';
import type { OwnedPlacement } from '../placement/types.ts';
import { isOurs, type LocatedPlacement } from '../placement/unplace.ts';
import { holdsKey } from '../placement/waiting.ts';
import { readRegular } from '../system/files.ts';
import { failure, ok, skipped, together, warning } from './findings.ts';
import { eachPlacement, entryOf } from './scope/placed.ts';
import { placeCommand } from './scope/words.ts';
import type { Check, Finding, Look, Scope } from './types.ts';

export const check: Check = {
  id: 'placement.entry',
  title: 'The entries that mcpkey wrote',
  looksAt:
    'Each entry that mcpkey wrote: whether it is still there, and still says what mcpkey wrote. Fields that others added are theirs.',
  warning: 'Someone changed it, and it still starts mcpkey with this key.',
  error: 'It is gone, or is another one now; or it holds the key of before, as another machine rotated it.',
  remedies: [
    'Where another machine rotated the key: mcpkey sync',
    'Write it again; the command is printed.',
    'If that is how you want it: mcpkey doctor --accept placement.entry CLIENT',
    'If it is not needed any more: mcpkey unplace KEY CLIENT',
  ],
  looks: async (scope) => [...(await eachPlacement(look)(scope)), ...(await lateHooks(scope))],
};

/** Hooks have no entry of a client's; what another machine rotated waits for them all the same. */
async function lateHooks(scope: Scope): Promise<readonly Look[]> {
  const hooks = (await scope.placements()).filter(({ client }) => client.id === HOOK);
  const late = await Promise.all(hooks.map(({ owned }) => lateFinding(owned, scope)));
  const findings = late.filter((finding) => finding !== undefined);
  return findings.length === 0
    ? []
    : [{ subject: HOOK, look: async () => together(findings, 'No hook is placed here.') }];
}

/** What `mcpkey sync` mends: another machine rotated the key, and this one still has the secret of before. */
async function lateFinding({ ref, placement }: OwnedPlacement, scope: Scope): Promise<Finding | undefined> {
  if (!holdsKey(placement) || !(await scope.toSync()).has(ref)) return undefined;
  const { client, server, path } = placement;
  const who = client === HOOK ? `The hook "${server}" has not got` : `"${server}" in ${path} is not`;
  return failure(`${who} the key that ${ref} is now: another machine rotated it.`, 'mcpkey sync');
}

async function look(located: LocatedPlacement, scope: Scope): Promise<Finding> {
  const { owned, realPath, written } = located;
  const { ref, placement } = owned;
  const { server, path, client } = placement;
  if ((await readRegular(realPath)) === undefined) return skipped(`${path} is gone (placement.file).`);
  const late = await lateFinding(owned, scope);
  if (late) return late;
  const again = placeCommand(ref, placement);
  const entry = await entryOf(located);
  if (entry === undefined) return failure(`"${server}" is gone from ${path}.`, again);
  if (isAsWritten(entry, placement, located.client.read)) return ok(`"${server}" in ${path} is as mcpkey wrote it.`);
  const holdsKey = client === ENV_FILE || client === HOOK || placement.mode === 'plain';
  if (holdsKey) return failure(`"${server}" in ${path} holds something else than mcpkey wrote.`, again);
  if (isOurs(entry, owned, written) && placement.mode !== 'env') {
    return warning(`"${server}" in ${path} was changed since mcpkey wrote it.`, again);
  }
  return failure(`"${server}" in ${path} is another entry than mcpkey wrote.`, again);
}
