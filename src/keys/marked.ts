/** A create whose answer never came is found again by its mark; a key that cannot be kept is revoked again. */

import { isUnanswered } from '../api.ts';
import type { Connection } from '../context.ts';
import { Cancelled, type ErrorCode, retell, UserError } from '../errors.ts';
import type { CreatedKey, CreateInput, Operation, RemoteKey, RemoteRef } from '../providers/types.ts';
import { typed } from '../typed.ts';

type ApiCreate = Extract<Operation<CreateInput, CreatedKey>, { mode: 'api' }>;

/**
 * Creates; where no answer came, looks for the mark, revokes what is found, and creates once more. Where that answer
 * is lost as well, what it made is revoked too, and the failure thrown: with `unanswered` where nothing was found,
 * because the request may still be carried out.
 */
export async function createMarked(
  connection: Connection,
  operation: ApiCreate,
  input: CreateInput,
): Promise<CreatedKey> {
  let late = false;
  for (let last = false; ; last = true) {
    try {
      const created = await operation.run(connection.call, input);
      if (late) await revokeLate(connection, input.mark, created);
      return created;
    } catch (error) {
      if (!isUnanswered(error)) throw late && error instanceof UserError ? retell(error, { unanswered: true }) : error;
      const revoked = await revokeUnanswered(connection, input, error);
      late ||= revoked === 0;
      if (last) throw notThere(error, late);
    }
  }
}

const notThere = (error: UserError, late: boolean): UserError =>
  late
    ? retell(error, {
        message: `${error.message} No key of it is there so far.`,
        hint: [error.hint, 'mcpkey rotate --resume   (looks once more)'].filter(Boolean).join('\n'),
      })
    : retell(error, { message: `${error.message} No key of it is left there.`, unanswered: false });

/** The first request, given up without an answer, may have been carried out since. */
async function revokeLate(connection: Connection, mark: string, { id }: CreatedKey): Promise<void> {
  try {
    for (const key of await findMarked(connection, mark)) {
      if (key.id !== id) await isLeft(connection, { id: key.id, label: key.label, name: key.label });
    }
  } catch (error) {
    // The key that was asked for is there: it is kept, whatever the list says.
    if (!(error instanceof UserError)) throw error;
  }
}

/** Resolves to how many keys it found and revoked. */
async function revokeUnanswered(connection: Connection, input: CreateInput, error: UserError): Promise<number> {
  const found = await findMarked(connection, input.mark).catch((failure: unknown) => {
    throw failure instanceof UserError ? unknownOutcome(connection, input, error) : failure;
  });
  for (const { id, label } of found) {
    const key = { id, label, name: label };
    if (await isLeft(connection, key)) throw leftBehind(connection, key, error);
  }
  return found.length;
}

/** Revokes a key; true where it is still there, because only a person can revoke it or the service did not. */
async function isLeft(connection: Connection, key: RemoteRef): Promise<boolean> {
  if (connection.provider.operations.revoke.mode !== 'api') return true;
  try {
    await revokeFound(connection, key);
    return false;
  } catch (error) {
    if (error instanceof UserError) return true;
    throw error;
  }
}

/** Throws what the service says, `unsupported` where only a person can. */
export async function revokeFound({ provider, call }: Connection, key: RemoteRef): Promise<void> {
  const { revoke } = provider.operations;
  if (revoke.mode !== 'api') throw new UserError('unsupported', `${provider.title} has no API to revoke keys.`);
  await revoke.run(call, key);
}

/** Active keys that carry `mark`, in the metadata or in the label. None where the service cannot be asked. */
export async function findMarked(connection: Connection, mark: string): Promise<readonly RemoteKey[]> {
  if (connection.provider.operations.list.mode !== 'api') return [];
  return (await surveyMarked(connection, mark)).found;
}

/** The same with the ids of all that is listed. Throws `unsupported` where the service cannot be asked. */
export async function surveyMarked(
  connection: Connection,
  mark: string,
): Promise<{ readonly found: readonly RemoteKey[]; readonly ids: ReadonlySet<string> }> {
  const { provider, call } = connection;
  const { list } = provider.operations;
  if (list.mode !== 'api') {
    throw new UserError('unsupported', `${provider.title} cannot be asked which keys it has.`, {
      provider: provider.id,
      hint: list.mode === 'assisted' ? `Look there: ${list.guide(undefined).url}` : provider.manifest.docs,
    });
  }
  const found: RemoteKey[] = [];
  const ids = new Set<string>();
  for await (const page of await list.run(call, undefined)) {
    for (const key of page) {
      ids.add(key.id);
      if (key.status !== 'revoked' && markOf(connection, key) === mark) found.push(key);
    }
  }
  return { found, ids };
}

const markOf = (connection: Connection, key: RemoteKey) => key.mark ?? connection.provider.readLabel(key.label).mark;

/**
 * Revokes a key that could not be stored. The result is the error to throw: the one that came before, with what
 * became of the key.
 */
export async function revokeOrphan(connection: Connection, key: RemoteRef, error: unknown): Promise<unknown> {
  if (await isLeft(connection, key)) return leftBehind(connection, key, error);
  if (error instanceof Cancelled || !(error instanceof Error)) return error;
  const message = `${sentence(error.message)} The new key was revoked again.`;
  if (error instanceof UserError) return retell(error, { message });
  return new UserError(codeOf(error), message, { hint: 'Mend that, and run the same command again.', cause: error });
}

/** What a store or a disk throws is told as the machine's refusal; anything else is a fault of ours. */
const codeOf = (error: unknown): ErrorCode =>
  error instanceof UserError ? error.code : error instanceof Error && 'syscall' in error ? 'refused' : 'internal';

const sentence = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`);

function leftBehind(connection: Connection, key: RemoteRef, error: unknown): UserError {
  const { provider } = connection;
  const { revoke } = provider.operations;
  const where = revoke.mode === 'assisted' ? revoke.guide(key) : undefined;
  const reason = error instanceof Error ? error.message : String(error);
  return new UserError(
    codeOf(error),
    `The key "${key.label}" (id ${key.id}) was made at ${provider.title} but could not be kept, and it is still active: ${reason}`,
    {
      provider: provider.id,
      hint: where
        ? [where.url && `Revoke it at ${where.url}`, ...where.steps].filter(Boolean).join('\n')
        : typed`mcpkey revoke ${`${connection.profile.name}/${key.id}`}`,
      cause: error,
    },
  );
}

function unknownOutcome(connection: Connection, input: CreateInput, error: UserError): UserError {
  const { profile, provider } = connection;
  return retell(error, {
    message: `${error.message} Whether the key was made is not known: look for "${input.label}".`,
    provider: provider.id,
    hint: typed`mcpkey list -p ${profile.name}   then, if it is there: mcpkey revoke ${profile.name}/ID`,
  });
}
