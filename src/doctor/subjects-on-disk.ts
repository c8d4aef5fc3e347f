/** Subjects of findings as far as this machine's own files name them: for completion, which asks nobody. */
import type { Context } from '../context.ts';
import { type CheckId, isCheckId } from './ids.ts';

type Named = 'key' | 'profile' | 'store';

/** What a check's ids look at, by what stands before their dot. */
const NAMED: Readonly<Record<string, Named>> = { key: 'key', rotation: 'key', profile: 'profile', store: 'store' };
const ALONE: Partial<Record<CheckId, string>> = { 'runtime.version': 'mcpkey', 'config.permissions': 'mcpkey' };

/** `words`: the command's own, up to the cursor; `names` of one kind. */
export async function subjectsOnDisk(
  context: Context,
  words: readonly string[],
  names: (kind: Named) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const id = acceptedIn(words);
  if (id === undefined) return [];
  const alone = ALONE[id];
  if (alone !== undefined) return [alone];
  const [group = ''] = id.split('.');
  const kind = NAMED[group];
  if (kind !== undefined) return names(kind);
  return group === 'client' || group === 'placement' ? clientsWithFiles(context) : [];
}

function acceptedIn(words: readonly string[]): CheckId | undefined {
  const at = words.findIndex((word) => word === '--accept' || word.startsWith('--accept='));
  const word = words[at] ?? '';
  const id = word.includes('=') ? word.slice(word.indexOf('=') + 1) : words[at + 1];
  return id !== undefined && isCheckId(id) ? id : undefined;
}

async function clientsWithFiles(context: Context): Promise<readonly string[]> {
  const { readClients } = await import('./scope/clients.ts');
  return (await readClients(context, [])).map(({ client }) => client.id);
}
