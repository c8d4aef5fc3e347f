import { chmod } from 'node:fs/promises';
import { shellWord } from '../typed.ts';
import { failure, ok, skipped } from './findings.ts';
import { eachSecretFile } from './scope/secrets.ts';
import type { Check } from './types.ts';

const OTHERS = 0o077;

export const check: Check = {
  id: 'client.permissions',
  title: 'Who can read the keys in clients’ files',
  looksAt: 'The rights of each client’s file, and each env file, that holds a key in clear.',
  error: 'Other users of this machine can read the key.',
  remedies: [
    'Take their rights away; the command is printed.',
    'Better: let the file hold no key, mcpkey adopt --rotate',
  ],
  fixes: 'Takes the rights of others away.',
  looks: eachSecretFile(async ({ path, mode }, { context }) => {
    if (context.platform === 'win32') return skipped('Windows keeps rights another way.');
    if ((mode & OTHERS) === 0) return ok(`${path} is readable by you alone.`);
    return failure(
      `${path} holds a key, and others can read it (${mode.toString(8)}).`,
      `chmod 600 ${shellWord(path)}`,
      {
        mend: async () => {
          await chmod(path, 0o600);
          return `Took the rights of others from ${path}.`;
        },
      },
    );
  }),
};
