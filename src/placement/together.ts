/** Several targets of one command, which may meet in one file. */
import type { ClientMachine } from '../clients/types.ts';
import type { Credential } from '../keys/credential.ts';
import { type PreparedTarget, prepareTarget, type TargetParts, type TargetWish } from './target.ts';

/**
 * What each of several clients is to the engine. Where two of them would make different tables in one new file, each looks again as if the other's
 * were there: a client that has another place then takes that.
 */
export async function prepareTargets(
  context: TargetParts,
  credential: Credential,
  ids: readonly string[],
  wish: TargetWish,
): Promise<readonly PreparedTarget[]> {
  const first = new Map<string, readonly PreparedTarget[]>();
  for (const id of ids) first.set(id, await prepareTarget(context, credential, id, wish));
  const prepared: PreparedTarget[] = [];
  for (const [id, own] of first) {
    const others = [...first.values()].flat().filter((each) => own.some((one) => isOtherTable(one, each)));
    const machine = withTables(wish.machine, others);
    prepared.push(...(others.length > 0 ? await prepareTarget(context, credential, id, { ...wish, machine }) : own));
  }
  return prepared;
}

const isOtherTable = (one: PreparedTarget, other: PreparedTarget): boolean =>
  one.place.path === other.place.path && one.place.servers.join('\n') !== other.place.servers.join('\n');

/** The machine as it will be: a file that is empty, or not there, has these tables. */
function withTables(machine: ClientMachine, targets: readonly PreparedTarget[]): ClientMachine {
  const tables = new Map(targets.map(({ place: { path, servers } }) => [path, servers]));
  return {
    ...machine,
    read(path) {
      const text = machine.read(path);
      const made = /^[\s{}]*$/.test(text ?? '') ? tables.get(path) : undefined;
      return made ? JSON.stringify(made.reduceRight<unknown>((inner, key) => ({ [key]: inner }), {})) : text;
    },
  };
}
