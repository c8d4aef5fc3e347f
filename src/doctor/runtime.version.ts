import { version } from '../version.ts';
import { failure, ok } from './findings.ts';
import { once } from './subjects.ts';
import type { Check } from './types.ts';

/** As package.json has it under `engines`. */
const OLDEST = [20, 19] as const;

export const check: Check = {
  id: 'runtime.version',
  title: 'Node and mcpkey',
  looksAt: 'The Node that runs mcpkey, and its own version.',
  error: 'This Node is older than mcpkey can run on.',
  remedies: ['Install a newer Node from https://nodejs.org; entries find it by themselves.'],
  looks: once('mcpkey', async () => versionFinding(process.versions.node)),
};

export function versionFinding(node: string) {
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const isOld = major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
  if (!isOld) return ok(`mcpkey ${version} on Node ${node}.`);
  return failure(
    `Node ${node} is older than ${OLDEST.join('.')}, which mcpkey ${version} needs.`,
    'Install a newer Node: https://nodejs.org',
  );
}
