/** The secret of a key that is to go. One that is damaged is as good as one that is gone: its key goes by its id. */
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { Secret } from '../secret.ts';

/** Resolves to what is wrong with it where its store works. Throws the store's own fault, and that it is locked. */
export async function readUnlessDamaged(
  { vault }: Pick<Context, 'vault'>,
  profile: string,
  record: string,
): Promise<Secret | UserError | undefined> {
  try {
    return await vault.read(profile, record);
  } catch (error) {
    // What is locked may yet be opened, with another identity say.
    if (!(error instanceof UserError) || error.code !== 'store_unavailable') throw error;
    if (!(await works(vault, profile, record))) throw error;
    return error;
  }
}

async function works(vault: Context['vault'], profile: string, record: string): Promise<boolean> {
  try {
    await vault.ready({ profile, record });
    return true;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}
