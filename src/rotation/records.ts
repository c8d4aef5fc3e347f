/** What a rotation's journal says, record by record, and what that amounts to. No secret is in it. */
import type { ProcessIdentity } from '../system/process.ts';
import type { RotationPlan } from './plan.ts';
import type { KeptError } from './types.ts';

/** The key that is replaced. */
export interface OldKey {
  readonly id: string;
  readonly label: string;
  /** Its record in the vault; null where none is kept. */
  readonly secret: string | null;
  /** RFC 3339 UTC or null. */
  readonly expiresAt: string | null;
  readonly assisted: boolean;
}

/** The new key, as the service told it. */
export interface NewKey {
  readonly id: string;
  readonly label: string;
  readonly prefix: string | null;
  readonly scopes: readonly string[];
  readonly createdAt: string | null;
  readonly expiresAt: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly allowedIps: readonly string[];
}

/** One try at making the new key: the mark that it is found by, and the vault's record that will hold it. */
export interface Attempt {
  readonly mark: string;
  readonly secret: string;
  /** Where the service rotates by itself and not from the old key: the successor whose secret was lost. */
  readonly base?: { readonly id: string; readonly label: string } | undefined;
}

export interface Planned extends Attempt {
  readonly step: 'planned';
  readonly at: string;
  readonly profile: string;
  readonly name: string;
  readonly provider: string;
  readonly plan: RotationPlan;
  readonly old: OldKey;
  /** Run by the machine of this name alone. */
  readonly onRotated: string | null;
  readonly host: string;
  /** Where the command runs; journals of before have none. */
  readonly dir?: string | undefined;
  readonly worker: ProcessIdentity;
  /** `promoted`: the end of a rotation whose grace is over. */
  readonly from: 'start' | 'promoted';
}

export interface Resumed {
  readonly step: 'resumed';
  readonly at: string;
  readonly worker: ProcessIdentity;
  /** In the place of the plan's own. */
  readonly handing?: Handing | undefined;
}

/** A command that gets the new key, the only machine that runs it, and where. */
export interface Handing extends Pick<Planned, 'host' | 'dir'> {
  readonly onRotated: string;
}

/** Which hooks were run, and when it was looked which there are. */
export interface Hooked {
  readonly at: string;
  /** By name; journals of before have none. */
  readonly hooks?: readonly string[] | undefined;
}

/** Each record says that its step is done, and so that the next one may have begun. Times are RFC 3339 UTC. */
export type RotationRecord =
  | Planned
  | Resumed
  /** What the attempt before made is revoked or known; the key is made anew. */
  | ({ readonly step: 'again'; readonly at: string } & Attempt)
  | { readonly step: 'created'; readonly at: string; readonly key: NewKey }
  | { readonly step: 'stored'; readonly at: string }
  | { readonly step: 'verified'; readonly at: string }
  | { readonly step: 'placed'; readonly at: string }
  | ({ readonly step: 'hooked' } & Hooked)
  | { readonly step: 'promoted'; readonly at: string; readonly revokeAt: string | null }
  | { readonly step: 'retired'; readonly at: string; readonly refusedAt: string | null }
  /** The new key is not taken: it goes, and the old one stays. */
  | { readonly step: 'rejected'; readonly at: string; readonly error: KeptError }
  | { readonly step: 'undone'; readonly at: string };

export interface Progress {
  readonly planned: Planned;
  readonly worker: ProcessIdentity;
  readonly attempt: Attempt;
  /** When the attempt began. */
  readonly begun: string;
  /** Attempts given up; what they made may still turn up. */
  readonly abandoned: readonly Attempt[];
  readonly created: NewKey | undefined;
  readonly stored: boolean;
  readonly provedAt: string | undefined;
  readonly placed: boolean;
  readonly hooked: Hooked | undefined;
  readonly promoted: { readonly revokeAt: string | null } | undefined;
  readonly retired: { readonly refusedAt: string | null } | undefined;
  readonly rejected: KeptError | undefined;
  readonly undone: boolean;
}

export function openProgress(planned: Planned): Progress {
  const promoted = planned.from === 'promoted';
  return {
    planned,
    worker: planned.worker,
    attempt: planned,
    begun: planned.at,
    abandoned: [],
    created: undefined,
    stored: promoted,
    provedAt: undefined,
    placed: promoted,
    hooked: promoted ? { at: planned.at } : undefined,
    promoted: promoted ? { revokeAt: null } : undefined,
    retired: undefined,
    rejected: undefined,
    undone: false,
  };
}

export function advance(progress: Progress, record: RotationRecord): Progress {
  switch (record.step) {
    case 'planned':
      return progress;
    case 'resumed':
      return { ...progress, worker: record.worker, planned: { ...progress.planned, ...record.handing } };
    case 'again': {
      const abandoned = [...progress.abandoned, progress.attempt];
      const fresh = { created: undefined, stored: false, provedAt: undefined, placed: false, hooked: undefined };
      return { ...progress, ...fresh, attempt: record, begun: record.at, abandoned };
    }
    case 'created':
      return { ...progress, created: record.key };
    case 'stored':
      return { ...progress, stored: true };
    case 'verified':
      return { ...progress, provedAt: record.at };
    case 'placed':
      return { ...progress, placed: true };
    case 'hooked':
      return { ...progress, hooked: record };
    case 'promoted':
      return { ...progress, promoted: { revokeAt: record.revokeAt } };
    case 'retired':
      return { ...progress, retired: { refusedAt: record.refusedAt } };
    case 'rejected':
      return { ...progress, rejected: record.error };
    case 'undone':
      return { ...progress, undone: true };
  }
}

export type StepId = 'create' | 'store' | 'verify' | 'place' | 'hook' | 'promote' | 'retire' | 'undo';

const MAKING = ['create', 'store', 'verify', 'place', 'hook', 'promote'] as const;
const ORDERS: Readonly<Record<RotationPlan['order'], readonly StepId[]>> = {
  'create-first': [...MAKING, 'retire'],
  'revoke-first': ['retire', ...MAKING],
};

const DONE: Readonly<Record<StepId, (progress: Progress) => boolean>> = {
  create: ({ created, promoted }) => created !== undefined || promoted !== undefined,
  store: ({ stored }) => stored,
  verify: ({ provedAt, promoted }) => provedAt !== undefined || promoted !== undefined,
  place: ({ placed }) => placed,
  hook: ({ hooked }) => hooked !== undefined,
  promote: ({ promoted }) => promoted !== undefined,
  retire: ({ retired }) => retired !== undefined,
  undo: ({ undone }) => undone,
};

/** The step to do now, or undefined where all is done. */
export function nextStep(progress: Progress): StepId | undefined {
  if (progress.rejected) return progress.undone ? undefined : 'undo';
  return ORDERS[progress.planned.plan.order].find((step) => !DONE[step](progress));
}
