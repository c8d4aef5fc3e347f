/** Walks through the pages of a list, one at a time, so that no more than one lies in memory. */
import { UserError } from '../errors.ts';
import type { Pagination } from './manifest-http.ts';
import {
  type AnswerPlace,
  badAnswer,
  find,
  optionalText,
  requireCount,
  requireItems,
  requireText,
} from './pointers.ts';
import type { ApiAnswer, ApiRequest } from './types.ts';

export interface PageWalk {
  readonly first: ApiRequest;
  readonly pagination: Pagination;
  /** Pointer to the array. */
  readonly items: string;
  readonly place: AnswerPlace;
  /** Sends a request and throws where it did not succeed. */
  send(request: ApiRequest): Promise<ApiAnswer>;
}

interface Progress {
  readonly request: ApiRequest;
  readonly answer: ApiAnswer;
  readonly page: readonly unknown[];
  /** Pages and items so far, this one included. */
  readonly pages: number;
  readonly seen: number;
}

export async function* walkPages(walk: PageWalk): AsyncGenerator<readonly unknown[]> {
  let request: ApiRequest | undefined = firstRequest(walk);
  const asked = new Set<string>();
  let seen = 0;
  for (let pages = 1; request; pages += 1) {
    const fingerprint = `${request.url} ${JSON.stringify(request.body ?? null)}`;
    if (asked.has(fingerprint)) throw endless(walk.place);
    asked.add(fingerprint);
    const answer = await walk.send(request);
    const page = requireItems(answer.body, walk.items, walk.place);
    seen += page.length;
    yield page;
    request = nextRequest(walk, { request, answer, page, pages, seen });
  }
}

function endless(place: AnswerPlace): UserError {
  return new UserError('bad_response', `${place.title} leads from page to page in a circle.`, {
    provider: place.provider,
    hint: 'The list cannot be trusted: report it to the service.',
  });
}

function firstRequest({ first, pagination }: PageWalk): ApiRequest {
  if (pagination.style === 'page') return withQuery(first, sized(pagination, pagination.first ?? 1));
  if (pagination.style === 'offset') return withQuery(first, sized(pagination, 0));
  return first;
}

function sized(
  pagination: { parameter: string; sizeParameter?: string | undefined; size?: number | undefined },
  at: number,
): Record<string, string> {
  const { parameter, sizeParameter, size } = pagination;
  return { [parameter]: String(at), ...(sizeParameter && size ? { [sizeParameter]: String(size) } : {}) };
}

function nextRequest(walk: PageWalk, progress: Progress): ApiRequest | undefined {
  const { pagination, first, place } = walk;
  const { answer, pages, seen } = progress;
  switch (pagination.style) {
    case 'none':
      return undefined;
    case 'page':
      if (isLast(walk, pagination, progress)) return undefined;
      return withQuery(first, sized(pagination, (pagination.first ?? 1) + pages));
    case 'offset':
      return isLast(walk, pagination, progress) ? undefined : withQuery(first, sized(pagination, seen));
    case 'cursor':
      return nextByCursor(walk, pagination, answer);
    case 'last-id':
      return nextByLastId(walk, pagination, progress);
    case 'link-header':
      return follow(progress.request, nextLink(answer.headers.get('link')), place);
    case 'next-url':
      return follow(progress.request, optionalText(answer.body, pagination.pointer, place), place);
  }
}

function isLast(
  walk: PageWalk,
  pagination: { total?: string | undefined; size?: number | undefined },
  { answer, page, seen }: Progress,
): boolean {
  if (page.length === 0) return true;
  if (pagination.total !== undefined) return seen >= requireCount(answer.body, pagination.total, walk.place);
  return pagination.size !== undefined && page.length < pagination.size;
}

function nextByCursor(
  { first, place }: PageWalk,
  pagination: Extract<Pagination, { style: 'cursor' }>,
  answer: ApiAnswer,
): ApiRequest | undefined {
  if (pagination.hasMore !== undefined && !requireFlag(answer, pagination.hasMore, place)) return undefined;
  const cursor = optionalText(answer.body, pagination.cursor, place);
  if (cursor === undefined) {
    if (pagination.hasMore !== undefined) throw badAnswer(place, pagination.cursor, 'no cursor');
    return undefined;
  }
  const addition = { [pagination.parameter]: cursor };
  return pagination.in === 'query' ? withQuery(first, addition) : withBody(first, addition);
}

function nextByLastId(
  { first, place }: PageWalk,
  pagination: Extract<Pagination, { style: 'last-id' }>,
  { answer, page }: Progress,
): ApiRequest | undefined {
  if (page.length === 0 || !requireFlag(answer, pagination.hasMore, place)) return undefined;
  return withQuery(first, { [pagination.parameter]: requireText(page.at(-1), pagination.id, place) });
}

function requireFlag(answer: ApiAnswer, pointer: string, place: AnswerPlace): boolean {
  const value = find(answer.body, pointer);
  if (typeof value !== 'boolean') throw badAnswer(place, pointer, 'neither true nor false');
  return value;
}

/** RFC 8288: the target whose `rel` is `next`. */
function nextLink(header: string | null): string | undefined {
  for (const [, target, parameters = ''] of (header ?? '').matchAll(/<([^>]*)>((?:\s*;\s*[^,;"]+(?:"[^"]*")?)*)/g)) {
    if (/;\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next\b)/i.test(parameters)) return target;
  }
  return undefined;
}

/** A credential goes to no other origin, wherever a page says that the next one is. */
function follow(request: ApiRequest, target: string | undefined, place: AnswerPlace): ApiRequest | undefined {
  if (target === undefined) return undefined;
  const url = URL.canParse(target, request.url) ? new URL(target, request.url) : undefined;
  if (url?.origin !== new URL(request.url).origin) {
    throw new UserError('bad_response', `${place.title} says that the next page is at another origin: not followed.`, {
      provider: place.provider,
      hint: 'The credential goes only to the URL of the profile.',
    });
  }
  return { ...request, url: url.href };
}

function withQuery(request: ApiRequest, addition: Readonly<Record<string, string>>): ApiRequest {
  const url = new URL(request.url);
  for (const [name, value] of Object.entries(addition)) url.searchParams.set(name, value);
  return { ...request, url: url.href };
}

function withBody(request: ApiRequest, addition: Readonly<Record<string, string>>): ApiRequest {
  if (request.body?.type === 'form')
    return { ...request, body: { type: 'form', value: { ...request.body.value, ...addition } } };
  const value = request.body?.value;
  const members = typeof value === 'object' && value !== null ? value : {};
  return { ...request, body: { type: 'json', value: { ...members, ...addition } } };
}
