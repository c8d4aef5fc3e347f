/** What a command that makes keys and places them says when it got only so far. The keys that were made are stored. */
import { UserError } from '../errors.ts';
import { typed } from '../typed.ts';

interface Placing {
  readonly clients: readonly string[];
}

/** `left` are those still to be made. */
export function onlySome(made: number, left: readonly Placing[], error: UserError): UserError {
  const rest = left.flatMap(({ clients }) => clients.map((client) => `--place ${client}`)).join(' ');
  const goOn = left.length === 0 ? undefined : `mcpkey create --per-client ${rest}`;
  return new UserError('partial', `${made} of ${made + left.length} keys were made, then: ${error.message}`, {
    provider: error.provider,
    status: error.status,
    hint: steps(error.hint, goOn),
    cause: error,
  });
}

/** The keys are there: the person goes on from here, and makes no further ones. */
export function notPlaced(
  keys: readonly (Placing & { readonly ref: string })[],
  project: boolean,
  error: UserError,
): UserError {
  const scope = project ? ['--scope', 'project'] : [];
  const commands = keys.map(({ ref, clients }) => typed`mcpkey place ${[ref, ...clients, ...scope]}`);
  const were = `${keys.map(({ ref }) => ref).join(', ')} ${keys.length > 1 ? 'were' : 'was'}`;
  return new UserError(error.code, `${were} made and stored, but not placed: ${error.message}`, {
    hint: steps(error.hint, ...commands),
    cause: error,
  });
}

/** Of several keys none was placed, and `unmade` says which were not even made. */
export function noneWasPlaced(unmade: UserError | undefined, unplaced: UserError): UserError {
  const message = [unmade?.message, unplaced.message].filter((part) => part !== undefined).join(' ');
  return new UserError('partial', message, { hint: steps(unplaced.hint, unmade?.hint), cause: unplaced });
}

const steps = (...parts: readonly (string | undefined)[]): string | undefined => {
  const told = parts.filter((part) => part !== undefined);
  return told.length === 0 ? undefined : told.join('\nThen: ');
};
