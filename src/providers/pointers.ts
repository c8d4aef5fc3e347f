/** JSON Pointers (RFC 6901) into answers that are not trusted, and the exact reading of what lies there. */
import { UserError } from '../errors.ts';

/** Whose answer is read, for the error that names it. */
export interface AnswerPlace {
  readonly title: string;
  readonly provider: string;
  readonly operation: string;
  /** The answer said that something was made: an unreadable one leaves the outcome open. */
  readonly unanswered?: boolean | undefined;
}

/** The value at `pointer`, or undefined where nothing lies there. Own members only. */
export function find(document: unknown, pointer: string): unknown {
  if (pointer === '') return document;
  let value = document;
  for (const token of pointer.slice(1).split('/')) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    if (Array.isArray(value) && !/^(?:0|[1-9]\d*)$/.test(key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

/** The `bad_response` of an answer that is not what the service documents. */
export function badAnswer(place: AnswerPlace, pointer: string, expected: string): UserError {
  const where = pointer === '' ? 'at the top' : `at ${pointer}`;
  return new UserError(
    'bad_response',
    `The answer of ${place.title} to "${place.operation}" has ${expected} ${where}.`,
    {
      provider: place.provider,
      hint: 'The service may have changed, or the URL may lead to another one. --verbose shows the exchange.',
      unanswered: place.unanswered,
    },
  );
}

const isNothing = (value: unknown) => value === undefined || value === null;

/** Text or number at `pointer`, as text; absent, null or empty is undefined. */
export function optionalText(document: unknown, pointer: string | undefined, place: AnswerPlace): string | undefined {
  if (pointer === undefined) return undefined;
  const value = find(document, pointer);
  if (isNothing(value) || value === '') return undefined;
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value !== 'string') throw badAnswer(place, pointer, 'no text');
  return value;
}

export function requireText(document: unknown, pointer: string, place: AnswerPlace): string {
  const value = optionalText(document, pointer, place);
  if (value === undefined) throw badAnswer(place, pointer, 'nothing');
  return value;
}

/** A finite number that is not negative. */
export function requireCount(document: unknown, pointer: string, place: AnswerPlace): number {
  const value = find(document, pointer);
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw badAnswer(place, pointer, 'no number');
  return value;
}

export function requireItems(document: unknown, pointer: string, place: AnswerPlace): readonly unknown[] {
  const value = find(document, pointer);
  if (!Array.isArray(value)) throw badAnswer(place, pointer, 'no list');
  return value;
}

/** A list of texts; absent or null is empty. */
export function optionalTexts(document: unknown, pointer: string | undefined, place: AnswerPlace): readonly string[] {
  const value = pointer === undefined ? undefined : find(document, pointer);
  if (isNothing(value)) return [];
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw badAnswer(place, pointer ?? '', 'no list of texts');
  }
  return value;
}

/** An object; absent or null is empty. Values that are no text are written as JSON. */
export function optionalTextMap(
  document: unknown,
  pointer: string | undefined,
  place: AnswerPlace,
): Readonly<Record<string, string>> {
  const value = pointer === undefined ? undefined : find(document, pointer);
  if (isNothing(value)) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badAnswer(place, pointer ?? '', 'no object');
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, typeof item === 'string' ? item : JSON.stringify(item)]),
  );
}
