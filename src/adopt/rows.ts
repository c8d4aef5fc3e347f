/** The rows of what adopting leaves as it is, each with its reason. */
import type { PlacementChange } from '../placement/types.ts';
import { typed } from '../typed.ts';
import type { Adoption } from './adopt.ts';
import type { Stray } from './stray.ts';

export const leftRows = ({ plan, strays, broken }: Adoption): readonly PlacementChange[] => [
  ...plan.left.map(({ found: { client, file, server }, why }) => ({
    ...UNCHANGED,
    client: client.id,
    path: file.path,
    server,
    reload: client.reload,
    reason: why,
  })),
  ...strays.map((stray) => ({
    ...UNCHANGED,
    client: stray.client.id,
    path: stray.path,
    server: '',
    reload: stray.client.reload,
    reason: whyStray(stray),
  })),
  ...broken.map(({ client, path, error }) => ({
    ...UNCHANGED,
    client,
    path,
    server: '',
    reload: '',
    reason: `it could not be read: ${error.message}`,
  })),
];

const UNCHANGED = { mode: 'plain', changed: false, diff: '' } as const;

/** For a person. */
export const whyStray = ({ path, line, ref }: Stray): string =>
  typed`the key ${ref} stands in ${path}:${String(line)}, outside of the servers' entries: take it out there by hand, then: mcpkey rotate ${ref}`;
