/** Files that hold a key in clear, by the client that reads them: wherever rights and git matter. */
import { stat } from 'node:fs/promises';
import type { Client } from '../../clients/types.ts';
import { isSystemError } from '../../errors.ts';
import { ENV_FILE } from '../../placement/target.ts';
import { together } from '../findings.ts';
import { nothing } from '../subjects.ts';
import type { Check, Finding, Scope } from '../types.ts';

export interface SecretFile {
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  /** The key that mcpkey put there as it was asked to; null: not mcpkey's. */
  readonly ref: string | null;
}

/** One subject a client that has files here, and `env-file` where there is one. */
export const eachSecretFile =
  (look: (file: SecretFile, scope: Scope) => Promise<Finding>): Check['looks'] =>
  async (scope) => {
    const clients = await clientsInClear(scope);
    const envFiles = (await scope.placements()).some(({ client }) => client.id === ENV_FILE);
    const subjects = [...clients.map(({ id }) => id), ...(envFiles ? [ENV_FILE] : [])];
    if (subjects.length === 0) return nothing('No client has a file with servers here.');
    return subjects.map((subject) => ({
      subject,
      look: async () => {
        const files = await secretFiles(subject, scope);
        return together(await Promise.all(files.map((file) => look(file, scope))), 'None of its files holds a key.');
      },
    }));
  };

/** The clients here, and those that are not where a key stands in a file of theirs: it is read all the same. */
export async function clientsInClear(scope: Pick<Scope, 'clients' | 'clear' | 'context'>): Promise<readonly Client[]> {
  const here = new Set((await scope.clients()).map(({ client }) => client.id));
  const { findings } = await scope.clear();
  const named = new Set([...here, ...findings.map(({ client }) => client)]);
  return (await scope.context.clients()).filter(({ id }) => named.has(id));
}

async function secretFiles(subject: string, scope: Scope): Promise<readonly SecretFile[]> {
  const clear = (await scope.clear()).findings.filter(({ client }) => client === subject);
  const placed = (await scope.placements()).filter(
    ({ client, owned }) => client.id === subject && owned.placement.mode === 'plain',
  );
  const refs = new Map<string, string | null>(clear.map(({ path, ref }) => [path, ref]));
  for (const { owned } of placed) refs.set(owned.placement.path, owned.ref);
  const files = await Promise.all([...refs].map(([path, ref]) => fileAt(path, ref)));
  return files.flatMap((file) => file ?? []);
}

async function fileAt(path: string, ref: string | null): Promise<SecretFile | undefined> {
  try {
    return { path, ref, mode: (await stat(path)).mode & 0o777 };
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
