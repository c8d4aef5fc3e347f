/** Keys from a document's root; a key with a dot is one key. */
export type KeyPath = readonly string[];

/** Where entries stand. */
export interface TablePlace {
  readonly servers: KeyPath;
  /**
   * The field that holds an entry's name, where `servers` is a list whose items name themselves (`- name: stock`). An
   * entry is then a whole item, this field among its members.
   */
  readonly named?: string | undefined;
}

/** Offsets in a text, the end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Replaces the characters from `start` up to `end` (UTF-16 offsets) by `text`. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** What a put made besides the entry, so that a later cut gives the bytes of before. */
export interface Made {
  /** Tables that were not there; the empty path is the document itself. */
  readonly tables: readonly KeyPath[];
  /** What stood inside the nearest table that was there, where it held nothing but blanks and comments. */
  readonly interior?: string | undefined;
}

/** One text of the document, with the range of its literal. */
export interface TextLeaf {
  readonly path: KeyPath;
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/**
 * A parsed config text. It changes nothing itself: it says which characters to replace, and touches none but those of
 * the one entry. Throws `bad_config_file`, with line and column, where a table on the way is no table or a key stands twice.
 */
export interface ParsedConfig {
  /** The whole as plain data; undefined for an empty text. */
  readonly data: unknown;
  /** The entries of the table, or undefined where there is no table. */
  table(at: TablePlace): Readonly<Record<string, unknown>> | undefined;
  entry(at: TablePlace, name: string): unknown;
  /** Adds the entry, with the tables that are missing, or replaces its value alone. */
  put(at: TablePlace, name: string, value: unknown): Edit;
  /** Takes out the entry. */
  cut(at: TablePlace, name: string): readonly Splice[];
  /** Where the entries of a table or list stand; undefined where that is no one place. The empty path is the document. */
  inside(path: KeyPath): Span | undefined;
  /**
   * Replacements that make a large text short and leave whole what touches these spans and what is next to it: an edit
   * there is good where it is good in the short text.
   */
  shorten?(at: TablePlace, touched: readonly Span[]): readonly Splice[];
  /** In a list the index of an item is its key. */
  texts(): readonly TextLeaf[];
}

export interface Edit {
  readonly splices: readonly Splice[];
  readonly made: Made;
}

/** One file format. `source` names the file in errors. Text has no byte-order mark. */
export interface Format {
  /** How one entry alone is printed, for a person to paste. */
  print(data: unknown): string;
  parse(text: string, source: string): ParsedConfig;
  /** The data alone, where that is had faster or from another parser: edits are checked by it. */
  data?(text: string, source: string): unknown;
}
