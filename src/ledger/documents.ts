/** A small text and where it lies, for messages. */
export interface LedgerDocument {
  readonly text: string;
  readonly where: string;
}

/**
 * Where the ledger's records lie: files of this machine, or a store that several share. A name is a path of encoded
 * steps (`encodeName`).
 */
export interface Documents {
  get(name: string): Promise<LedgerDocument | undefined>;
  /** Those below one folder, or all; in no order. */
  list(folder?: string): Promise<readonly LedgerDocument[]>;
  /**
   * Puts `after(what is there)` in its place, or takes it away where that is undefined, with nobody writing in between;
   * `after` may be called again with what another wrote meanwhile. What it throws is thrown, and nothing is written.
   * `what` names it for those who wait.
   */
  change(name: string, what: string, after: Change): Promise<void>;
  /** The file whose change says that the document may be another. */
  file(name: string): string;
}

export type Change = (before: LedgerDocument | undefined) => string | undefined;
