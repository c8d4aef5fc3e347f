/** A create whose answer never came is found again by its mark; a key that cannot be kept is revoked again. */

import { isUnanswered } from '../api.ts';
import type { Connection } from '../context.ts';
import { UserError } from '../errors.ts';
import type { CreatedKey, CreateInput, Operation, RemoteKey, RemoteRef } from '../providers/types.ts';

type ApiCreate = Extract<Operation<CreateInput, CreatedKey>, { mode: 'api' }>;

/** Creates; where no answer came, looks for the mark, revokes what is found, and creates once more. */
export async function createMarked(
  connection: Connection,
  operation: ApiCreate,
  input: CreateInput,
): Promise<CreatedKey> {
  try {
    return await operation.run(connection.call, input);
  } catch (error) {
    if (!(error instanceof UserError) || !isUnanswered(error)) throw error;
    await revokeUnanswered(connection, input, error);
    return operation.run(connection.call, input);
  }
}

async function revokeUnanswered(connection: Connection, input: CreateInput, error: UserError): Promise<void> {
  const found = await findMarked(connection, input.mark).catch((failure: unknown) => {
    if (failure instanceof UserError) throw unknownOutcome(connection, input, error);
    throw failure;
  });
  const { revoke } = connection.provider.operations;
  for (const key of found) {
    if (revoke.mode !== 'api') throw leftBehind(connection, { id: key.id, label: key.label, name: key.label }, error);
    await revoke.run(connection.call, { id: key.id, label: key.label, name: key.label });
  }
}

/** Active keys that carry `mark`, in the metadata or in the label. */
export async function findMarked(connection: Connection, mark: string): Promise<readonly RemoteKey[]> {
  const { list } = connection.provider.operations;
  if (list.mode !== 'api') return [];
  const found: RemoteKey[] = [];
  for await (const page of await list.run(connection.call, undefined)) {
    found.push(...page.filter((key) => key.status !== 'revoked' && markOf(connection, key) === mark));
  }
  return found;
}

const markOf = (connection: Connection, key: RemoteKey) => key.mark ?? connection.provider.readLabel(key.label).mark;

/**
 * Revokes a key that could not be stored. The result is the error to throw: the one that came before, with what
 * became of the key.
 */
export async function revokeOrphan(connection: Connection, key: RemoteRef, error: unknown): Promise<unknown> {
  const { revoke } = connection.provider.operations;
  if (revoke.mode !== 'api') return leftBehind(connection, key, error);
  try {
    await revoke.run(connection.call, key);
  } catch {
    return leftBehind(connection, key, error);
  }
  if (!(error instanceof UserError)) return error;
  return new UserError(error.code, `${error.message} The new key was revoked again.`, {
    hint: error.hint,
    cause: error,
  });
}

function leftBehind(connection: Connection, key: RemoteRef, error: unknown): UserError {
  const { provider } = connection;
  const { revoke } = provider.operations;
  const where = revoke.mode === 'assisted' ? revoke.guide(key) : undefined;
  const reason = error instanceof Error ? error.message : String(error);
  return new UserError(
    error instanceof UserError ? error.code : 'internal',
    `The key "${key.label}" (id ${key.id}) was made at ${provider.title} but could not be kept, and it is still active: ${reason}`,
    {
      provider: provider.id,
      hint: where
        ? [where.url && `Revoke it at ${where.url}`, ...where.steps].filter(Boolean).join('\n')
        : `mcpkey revoke ${connection.profile.name}/${key.id}`,
      cause: error,
    },
  );
}

function unknownOutcome(connection: Connection, input: CreateInput, error: UserError): UserError {
  return new UserError(
    error.code,
    `${error.message} Whether the key was made is not known: look for "${input.label}".`,
    {
      provider: connection.provider.id,
      hint: `mcpkey list -p ${connection.profile.name}   then: mcpkey revoke ID`,
      cause: error,
    },
  );
}
