import { statfs } from 'node:fs/promises';
import type { Context } from '../context.ts';
import { isSystemError } from '../errors.ts';
import { failure, ok, skipped } from './findings.ts';
import type { StoreTrial } from './scope/stores.ts';
import { eachStore } from './subjects.ts';
import type { Check, Finding } from './types.ts';

/** Linux: include/uapi/linux/magic.h. */
const IN_MEMORY: ReadonlySet<number> = new Set([0x01021994, 0x858458f6]);

export const check: Check = {
  id: 'store.persistence',
  title: 'Whether secrets outlive a reboot',
  looksAt:
    'Which backend keeps the secrets, and whether it forgets: a keychain’s session collection, files in memory. A key is shown only once, so what is forgotten is lost.',
  error: 'The secrets are gone after the next reboot or logout.',
  remedies: [
    'Choose a store that lasts: mcpkey store use age, then mcpkey store migrate --to age',
    'In a container, put MCPKEY_HOME on a volume.',
  ],
  looks: eachStore(async (trial, { context }) => look(context, trial)),
};

async function look(context: Context, { kind, state, current }: StoreTrial): Promise<Finding> {
  if (kind.readOnly) return skipped('Nothing is kept there: it is read alone.');
  if (!state.available) return skipped('It is not available.');
  if (kind.id === 'age' && current && (await isInMemory(context))) {
    return failure(
      `${context.paths.data} lies in memory, and is gone after a reboot.`,
      'Set MCPKEY_HOME to a folder on a disk.',
    );
  }
  if (state.persistent === null) return skipped(`Whether it lasts cannot be told: ${state.detail}.`);
  if (state.persistent) return ok(`It lasts: ${state.detail}.`);
  const fix = context.env.MCPKEY_STORE ? 'Set MCPKEY_STORE=age, and run: mcpkey store migrate --to age' : MOVE;
  return failure(`It forgets: ${state.detail}.`, fix);
}

const MOVE = 'mcpkey store use age && mcpkey store migrate --to age';

/** Files of a folder that is memory alone. The system's temporary folder is somebody's own choice. */
async function isInMemory({ platform, paths, env }: Context): Promise<boolean> {
  if (platform !== 'linux') return false;
  const folder = env.MCPKEY_AGE_DIR ?? paths.data;
  if (!/^\/(?:dev\/shm|run)\//.test(folder)) return false;
  try {
    return IN_MEMORY.has((await statfs(folder)).type);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
}
