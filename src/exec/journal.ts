/** The journal of a key for one run: on the disk before it is made, gone when it is revoked. No secret is in it. */
import type { ProcessIdentity } from '../system/process.ts';

/** Kind of these journals. */
export const EPHEMERAL = 'ephemeral';

export interface Begun {
  readonly step: 'begun';
  /** RFC 3339 UTC. */
  readonly at: string;
  readonly profile: string;
  readonly name: string;
  /** As it is sent to the service. */
  readonly label: string;
  readonly mark: string;
  readonly worker: ProcessIdentity;
}

export interface Made {
  readonly step: 'made';
  readonly id: string;
  readonly label: string;
}

/** The run holds this lock until its key is revoked, so that other machines of the same folder know that it lives. */
export const runLock = ({ mark }: Pick<Begun, 'mark'>): string => `run-${mark}`;

export type EphemeralRecord = Begun | Made;
