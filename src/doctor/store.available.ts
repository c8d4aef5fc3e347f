import type { Context } from '../context.ts';
import { failure, ok } from './findings.ts';
import { isLossy, type StoreTrial } from './scope/stores.ts';
import { recipe } from './scope/surroundings.ts';
import { eachStore } from './subjects.ts';
import type { Check, Finding } from './types.ts';

export const check: Check = {
  id: 'store.available',
  title: 'The secret store',
  looksAt: 'The store for new secrets, and every one that holds a secret of this machine: there, unlocked, usable.',
  error: 'The store is missing, locked or refuses. No key in it can be used.',
  remedies: [
    'Unlock the keychain: log in to the desktop, or unlock it there.',
    'On servers, in containers, under WSL and over SSH there is no keychain: mcpkey store use age',
    'What is kept in a keychain already is moved where that opens: mcpkey store migrate --to age',
    'mcpkey store status tells of every store.',
  ],
  looks: eachStore(async (trial, { context }) => look(context, trial)),
};

async function look(context: Context, trial: StoreTrial): Promise<Finding> {
  const { state, error, secrets } = trial;
  const held = `${secrets} ${secrets === 1 ? 'secret' : 'secrets'}`;
  if (state.available || (error && isLossy(error))) return ok(`${state.detail}; ${held}.`);
  const { where, fix } = await recipe(context, trial);
  const message = error?.message ?? state.detail;
  return failure(where === undefined ? message : `${message} ${where}`, fix);
}
