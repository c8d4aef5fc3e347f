import { basename, dirname } from 'node:path';
import { isTracked } from '../placement/git.ts';
import { shellWord } from '../typed.ts';
import { failure, ok } from './findings.ts';
import { eachSecretFile } from './scope/secrets.ts';
import type { Check } from './types.ts';

export const check: Check = {
  id: 'client.git',
  title: 'Keys in files that git tracks',
  looksAt: 'Whether git tracks a client’s file, or an env file, that holds a key in clear.',
  error: 'Whoever has the repository has the key.',
  remedies: [
    'Take the file out of git, which leaves it on the disk; the command is printed.',
    'What was committed is known: mcpkey rotate KEY',
    'Better: let the file hold no key, mcpkey adopt --rotate',
  ],
  looks: eachSecretFile(async ({ path }, { context }) => {
    if (!(await isTracked(context, path))) return ok(`git does not track ${path}.`);
    const fix = ['git', '-C', dirname(path), 'rm', '--cached', '--quiet', '--force', '--', basename(path)];
    return failure(`git tracks ${path}, which holds a key.`, fix.map(shellWord).join(' '));
  }),
};
