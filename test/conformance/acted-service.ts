/** Acts a service as its manifest describes it: what the manifest reads is put where it reads it, page by page. */
import { randomBytes } from 'node:crypto';
import type { KeyFields, ListOperation, Manifest, TimeField } from '../../src/providers/manifest.ts';
import { writeTime } from '../../src/providers/times.ts';
import type { ApiAnswer, ApiCall, ApiRequest } from '../../src/providers/types.ts';

export interface ActedKey {
  readonly id: string;
  readonly label: string;
  secret: string;
  readonly createdAt: number;
  active: boolean;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface ActedService {
  readonly call: ApiCall;
  readonly keys: ActedKey[];
  readonly requests: ApiRequest[];
}

/** Items on a page of whatever style. */
const PAGE = 2;

export function actService(manifest: Manifest, makeSecret: () => string, createdAt: number): ActedService {
  const keys: ActedKey[] = [];
  const requests: ApiRequest[] = [];
  const call: ApiCall = async (request) => {
    requests.push(request);
    const operation = manifest.operations[request.operation === 'login' ? 'create' : request.operation];
    if (operation?.mode !== 'api') throw new Error(`${request.operation} is not done by an API`);
    if ('items' in operation) return list(operation, keys, request);
    if (request.operation === 'usage') return usage(manifest, request);
    if (!('request' in operation)) throw new Error('an operation without a request');
    const { status, condition } = operation.request.success;
    const document = condition ? put({}, condition.pointer, condition.equals) : {};
    if (request.operation === 'create') {
      const { label, metadata } = sentName(request);
      const key = { id: `k/${keys.length + 1}`, label, secret: makeSecret(), createdAt, active: true, metadata };
      keys.push(key);
      return answer(request, status[0], fill(document, 'fields' in operation ? operation.fields : {}, key));
    }
    const key = keys.find(({ id }) => mentions(request, id));
    if (!key) throw new Error(`${request.operation} of a key that is not there: ${request.url}`);
    if (request.operation === 'rotate') key.secret = makeSecret();
    if (request.operation === 'revoke') key.active = false;
    const filled = 'fields' in operation ? fill(document, operation.fields, key) : document;
    return status[0] === 204 ? answer(request, 204, undefined) : answer(request, status[0], filled);
  };
  return { call, keys, requests };
}

function answer(
  request: ApiRequest,
  status: number | undefined,
  body: unknown,
  headers: Record<string, string> = {},
): ApiAnswer {
  const text = body === undefined ? '' : JSON.stringify(body);
  return { status: status ?? 200, headers: new Headers(headers), body, text, url: request.url };
}

/** The document with `value` at `pointer`. */
export function put(document: unknown, pointer: string, value: unknown): unknown {
  const [, ...tokens] = pointer.split('/').map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
  return putBelow(document, tokens, value);
}

function putBelow(document: unknown, [first, ...rest]: readonly string[], value: unknown): unknown {
  if (first === undefined) return value;
  const object = typeof document === 'object' && document !== null ? document : {};
  return { ...object, [first]: putBelow(Reflect.get(object, first), rest, value) };
}

function fill(document: unknown, fields: KeyFields, key: ActedKey): unknown {
  const time = (field: TimeField | undefined) =>
    field && ([field.pointer, writeTime(key.createdAt, field.format)] as const);
  const parts = [
    [fields.id, key.id],
    [fields.label, key.label],
    [fields.secret, key.secret],
    [fields.scopes, ['read']],
    [fields.metadata, key.metadata],
    [fields.active?.pointer, key.active ? fields.active?.equals : `not ${fields.active?.equals}`],
    time(fields.createdAt) ?? [undefined, undefined],
  ] as const;
  return parts.reduce<unknown>(
    (made, [pointer, value]) => (pointer === undefined ? made : put(made, pointer, value)),
    document,
  );
}

/** The label that a create sent, wherever its body puts it, and the metadata with the mark. */
function sentName(request: ApiRequest): { label: string; metadata: Record<string, string> } {
  const texts = deepTexts(request.body?.value);
  const label = texts.find(([, text]) => text.startsWith('ci'))?.[1];
  const mark = texts.find(([name, text]) => name === 'mcpkey' && /^[0-9a-f]{8}$/.test(text))?.[1];
  if (label === undefined) throw new Error('a create that sends no name');
  return { label, metadata: mark === undefined ? {} : { mcpkey: mark } };
}

function deepTexts(value: unknown, name = ''): [name: string, text: string][] {
  if (typeof value === 'string') return [[name, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => deepTexts(part, key));
}

const mentions = (request: ApiRequest, id: string) =>
  new URL(request.url).pathname.split('/').map(decodeURIComponent).includes(id) ||
  deepTexts(request.body?.value).some(([, text]) => text === id);

function list(
  { request: http, items, fields, pagination }: ListOperation,
  keys: readonly ActedKey[],
  request: ApiRequest,
): ApiAnswer {
  const asked = new URL(request.url).searchParams;
  const size = pagination.style === 'none' ? keys.length : PAGE;
  const start = startOf(pagination, keys, request, asked);
  const page = keys.slice(start, start + size);
  const more = start + size < keys.length;
  const next = new URL(request.url);
  next.searchParams.set('from', String(start + size));
  let body = put(
    {},
    items,
    page.map((key) => fill({}, fields, key)),
  );
  const at = (pointer: string | undefined, value: unknown) => {
    if (pointer !== undefined) body = put(body, pointer, value);
  };
  if (http.success.condition) at(http.success.condition.pointer, http.success.condition.equals);
  if (pagination.style === 'page' || pagination.style === 'offset') at(pagination.total, keys.length);
  if (pagination.style === 'cursor') at(pagination.cursor, more ? `from-${start + size}` : null);
  if (pagination.style === 'cursor' || pagination.style === 'last-id') at(pagination.hasMore, more);
  if (pagination.style === 'next-url') at(pagination.pointer, more ? `${next.pathname}${next.search}` : null);
  const headers =
    pagination.style === 'link-header' && more
      ? { link: `<${request.url}>; rel="first", <${next.href}>; rel="next"` }
      : {};
  return answer(request, 200, body, headers);
}

function startOf(
  pagination: ListOperation['pagination'],
  keys: readonly ActedKey[],
  request: ApiRequest,
  asked: URLSearchParams,
): number {
  switch (pagination.style) {
    case 'none':
      return 0;
    case 'page':
      return (Number(asked.get(pagination.parameter)) - (pagination.first ?? 1)) * PAGE;
    case 'offset':
      return Number(asked.get(pagination.parameter));
    case 'cursor': {
      const sent =
        pagination.in === 'query'
          ? asked.get(pagination.parameter)
          : deepTexts(request.body?.value).find(([name]) => name === pagination.parameter)?.[1];
      return Number(sent?.replace('from-', '') ?? 0);
    }
    case 'last-id': {
      const last = asked.get(pagination.parameter);
      return last === null ? 0 : keys.findIndex((key) => key.id === last) + 1;
    }
    default:
      return Number(asked.get('from') ?? 0);
  }
}

function usage(manifest: Manifest, request: ApiRequest): ApiAnswer {
  const { usage: operation } = manifest.operations;
  if (operation.mode !== 'api') throw new Error('no usage');
  const { daily, totals, tools, history } = operation;
  const day = put(put({}, daily.date, '2026-11-20'), daily.calls, 12);
  const tool = put(put({}, tools.name, `tool ${randomBytes(2).toString('hex')}`), tools.calls, 12);
  let body = put(
    put(put({}, daily.items, [daily.records === undefined ? day : put(day, daily.records, 340)]), totals.calls, 12),
    tools.items,
    [tool],
  );
  if (totals.records !== undefined) body = put(body, totals.records, 340);
  if (history) body = put(body, history.items, [{ tool_name: 'one call' }]);
  return answer(request, 200, body);
}
