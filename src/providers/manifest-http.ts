/**
 * The part of a manifest that describes HTTP: requests, where the fields of an answer lie, how pages follow each other.
 * Fields are JSON Pointers (RFC 6901). Templates are URI templates (RFC 6570 level 1): every value is percent-encoded
 * in a URL and taken literally in a body or a step.
 */

export type OperationId = 'create' | 'list' | 'get' | 'rotate' | 'revoke' | 'usage';

/**
 * How a time is written. `rfc3339`, `rfc2822` and `sql-datetime` (`2023-10-06 23:47:56.678+00`) carry their zone;
 * `date` is a UTC day. `local-datetime` carries none and means the server's local time: it is read as this machine's
 * local time, which is exact where both stand in one zone; a zone that is there after all is obeyed.
 */
export type TimeFormat =
  | 'rfc3339'
  | 'rfc2822'
  | 'unix-seconds'
  | 'unix-milliseconds'
  | 'local-datetime'
  | 'sql-datetime'
  | 'date';
export type DurationUnit = 'milliseconds' | 'seconds' | 'minutes' | 'hours' | 'days';

export interface ManifestDuration {
  readonly amount: number;
  readonly unit: DurationUnit;
}

export interface TimeField {
  readonly pointer: string;
  readonly format: TimeFormat;
}

export interface Condition {
  readonly pointer: string;
  readonly equals: string | number | boolean | null;
}

/**
 * A value of a body: a literal; a text that is exactly `{input}`, which keeps the input's type; a text with inputs in
 * it; or nested. A member whose input is absent is left out, one whose input is `null` stays.
 */
export type BodyTemplate =
  | string
  | number
  | boolean
  | null
  | readonly BodyTemplate[]
  | { readonly [key: string]: BodyTemplate };

export interface HttpOperation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Template, appended to the profile's `url`. */
  readonly path: string;
  /** Templates; a parameter whose input is absent is left out. */
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** `json` where absent. */
  readonly bodyType?: 'json' | 'form' | undefined;
  readonly body?: { readonly [key: string]: BodyTemplate } | undefined;
  /** A POST that only reads may be sent again: then `true`. GET is always repeatable, `create` and `rotate` never. */
  readonly repeatable?: boolean | undefined;
  readonly success: { readonly status: readonly number[]; readonly condition?: Condition | undefined };
  /** Pointer to the service's words where the condition does not hold; the code is `refused` unless a rule says more. */
  readonly failureMessage?: string | undefined;
}

/** Where the fields of a key lie, seen from the answer (create, get, rotate) or from one item (list). */
export interface KeyFields {
  /** Text or number. Needed by create and list; a rotation that keeps the id may leave it out. */
  readonly id?: string | undefined;
  /** Where absent (an answer that does not repeat it), the label that was sent. */
  readonly label?: string | undefined;
  readonly secret?: string | undefined;
  readonly prefix?: string | undefined;
  readonly scopes?: string | undefined;
  readonly createdAt?: TimeField | undefined;
  readonly expiresAt?: TimeField | undefined;
  readonly lastUsedAt?: TimeField | undefined;
  /** Active where the value at `pointer` equals; else `otherwise`. Past its expiry an active key counts as expired. */
  readonly active?:
    | {
        readonly pointer: string;
        readonly equals: string | number | boolean;
        readonly otherwise: 'revoked' | 'expired';
      }
    | undefined;
  readonly metadata?: string | undefined;
  readonly allowedIps?: string | undefined;
}

/** `size` is asked for with `sizeParameter`. Whatever the style, a page that was there before ends in `bad_response`. */
export type Pagination =
  | { readonly style: 'none' }
  /** Pages are counted from `first` (1). Ends when `total` items came, at an empty page, or at one below `size`. */
  | {
      readonly style: 'page';
      readonly parameter: string;
      readonly sizeParameter?: string | undefined;
      readonly size?: number | undefined;
      readonly total?: string | undefined;
      readonly first?: number | undefined;
    }
  /** Ends when `total` items came, at an empty page, or at one below `size`. */
  | {
      readonly style: 'offset';
      readonly parameter: string;
      readonly sizeParameter?: string | undefined;
      readonly size?: number | undefined;
      readonly total?: string | undefined;
    }
  /** The pointer `cursor` leads to the next page's; absent, null or empty, or `hasMore` false: the end. */
  | {
      readonly style: 'cursor';
      readonly parameter: string;
      readonly in: 'query' | 'body';
      readonly cursor: string;
      readonly hasMore?: string | undefined;
    }
  /** The next page is asked for with the id of this page's last item; `id` is seen from an item. */
  | { readonly style: 'last-id'; readonly parameter: string; readonly id: string; readonly hasMore: string }
  /** RFC 8288, `rel="next"`; same origin only. */
  | { readonly style: 'link-header' }
  /** An absolute or relative URL in the body; same origin only. */
  | { readonly style: 'next-url'; readonly pointer: string };

export interface CreateOperation {
  readonly mode: 'api';
  readonly request: HttpOperation;
  readonly fields: KeyFields;
}

export interface ListOperation {
  readonly mode: 'api';
  readonly request: HttpOperation;
  /** Pointer to the array; empty: the answer itself. */
  readonly items: string;
  readonly fields: KeyFields;
  readonly pagination: Pagination;
}

export interface GetOperation {
  readonly mode: 'api';
  readonly request: HttpOperation;
  readonly fields: KeyFields;
}

export interface RevokeOperation {
  readonly mode: 'api';
  readonly request: HttpOperation;
}

export interface RotateOperation {
  readonly mode: 'api';
  readonly request: HttpOperation;
  readonly fields: KeyFields;
  /** Whether the key keeps its id. */
  readonly id: 'same' | 'new';
  /** How long the old secret may live on: the input `overlap`, in this unit, 0 where no grace was asked for. */
  readonly overlap?: { readonly unit: DurationUnit; readonly max?: number | undefined } | undefined;
}

export interface UsageOperation {
  readonly mode: 'api';
  /** Inputs: `days`. */
  readonly stats: HttpOperation;
  readonly maxDays?: number | undefined;
  /** `date`, `calls`, `records`, `name` are seen from an item. */
  readonly daily: {
    readonly items: string;
    readonly date: string;
    readonly calls: string;
    readonly records?: string | undefined;
  };
  readonly totals: { readonly calls: string; readonly records?: string | undefined };
  readonly tools: { readonly items: string; readonly name: string; readonly calls: string };
  /** Single calls, page by page. Inputs: `page` (from 1), `days`, `since` (day of the first of these days). */
  readonly history?: UsageHistory | undefined;
}

/** All but `request` and `items` is seen from an item. */
export interface UsageHistory {
  readonly request: HttpOperation;
  readonly items: string;
  readonly time?: TimeField | undefined;
  readonly tool?: string | undefined;
  /** The call failed where the value at `pointer` is `equals`. */
  readonly failed?: { readonly pointer: string; readonly equals: string | number | boolean } | undefined;
  readonly duration?: { readonly pointer: string; readonly unit: DurationUnit } | undefined;
}

/** Done by a person in the service's dashboard. */
export interface AssistedOperation {
  readonly mode: 'assisted';
  /** Template of the page. */
  readonly page: string;
  /**
   * What to do there, step by step. Templates over `name`, `scopes`, `expires`, `metadata`, `allowedIps`, `id` and the
   * profile's fields; a step with an empty input is left out.
   */
  readonly steps: readonly string[];
}

export interface UnsupportedOperation {
  readonly mode: 'unsupported';
  readonly reason: string;
}

export interface ManifestOperations {
  readonly create: CreateOperation | AssistedOperation | UnsupportedOperation;
  readonly list: ListOperation | AssistedOperation | UnsupportedOperation;
  readonly get?: GetOperation | AssistedOperation | UnsupportedOperation | undefined;
  readonly revoke: RevokeOperation | AssistedOperation | UnsupportedOperation;
  /** Only where the service rotates by itself; else a rotation is create, then revoke. */
  readonly rotate?: RotateOperation | AssistedOperation | UnsupportedOperation | undefined;
  readonly usage: UsageOperation | AssistedOperation | UnsupportedOperation;
}
