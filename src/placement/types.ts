import type { ClientScope, PlaceMode } from '../clients/types.ts';
import type { Placement } from '../ledger.ts';

/** One row of the document of `place`, `unplace` and `undo`. */
export interface PlacementChange {
  /** Client id, `env-file` or `hook`. */
  readonly client: string;
  /** Absolute. */
  readonly path: string;
  readonly server: string;
  readonly mode: PlaceMode;
  readonly changed: boolean;
  /** Unified diff with secrets masked; empty where nothing changed. */
  readonly diff: string;
  /** How the client notices, as an instruction to a person. */
  readonly reload: string;
  /** Of `adopt`: why a key stays where it is. */
  readonly reason?: string | undefined;
}

/** What an engine tells besides its rows; the command renders it. */
export interface PlacementReport {
  readonly changes: readonly PlacementChange[];
  /** What a person must know or do; each one line. */
  readonly warnings: readonly string[];
  /** Id in the history, where something changed. */
  readonly id: string | undefined;
}

export interface PlaceOptions {
  /** The best of the client by default. */
  readonly mode?: PlaceMode | undefined;
  readonly scope?: ClientScope | undefined;
  /** Name of the server; the profile's by default. */
  readonly name?: string | undefined;
  /** Project folder; the current one by default. */
  readonly dir?: string | undefined;
  /** Variable for mode `env` and `env-file`. */
  readonly variable?: string | undefined;
  /** Env file, for the target `env-file`. */
  readonly file?: string | undefined;
  /** A line of the system's shell, for the target `hook`. */
  readonly hook?: string | undefined;
  /** Replaces an entry that is not ours; writes a key into a file that git tracks. */
  readonly force?: boolean | undefined;
  /** Says what would change, and changes nothing. */
  readonly dryRun?: boolean | undefined;
  /** Word in the history; `place` by default. */
  readonly command?: string | undefined;
}

/** A placement and whose it is. `keyId` and `secret` tell later whether the key is still the same. */
export interface OwnedPlacement {
  readonly ref: string;
  readonly keyId: string | null;
  readonly secret: string | null;
  readonly placement: Placement;
}

/** A key that stands in clear in a file as it was before a change. */
export interface LiftedKey {
  readonly ref: string;
  readonly keyId: string;
  readonly secret: string | null;
  readonly path: string;
}

export interface BindingChange {
  readonly project: string;
  readonly server: string;
  readonly before: { readonly ref: string; readonly dir: string } | null;
  readonly after: { readonly ref: string; readonly dir: string } | null;
}

/** What a change of files means for the ledger; its reverse undoes it. */
export interface LedgerChange {
  readonly added: readonly OwnedPlacement[];
  readonly removed: readonly OwnedPlacement[];
  readonly bindings: readonly BindingChange[];
}
