/** Builds the requests of a manifest's operations, below the profile's URL and nowhere else. */
import { UserError } from '../errors.ts';
import { fillBody, fillForm } from './bodies.ts';
import type { HttpOperation, OperationId } from './manifest-http.ts';
import { fillText, fillUrl, type TemplateInputs } from './templates.ts';
import type { ApiRequest } from './types.ts';

export interface RequestPlace {
  readonly title: string;
  readonly provider: string;
  readonly operation: OperationId;
  /** The profile's URL. */
  readonly base: string;
}

/** Never sent twice by themselves: a lost answer is looked for instead. */
const MAKING: readonly OperationId[] = ['create', 'rotate'];

export function buildRequest(http: HttpOperation, inputs: TemplateInputs, place: RequestPlace): ApiRequest {
  return {
    operation: place.operation,
    method: http.method,
    url: buildUrl(http, inputs, place),
    headers: fillHeaders(http.headers ?? {}, inputs),
    ...(http.body === undefined ? {} : { body: buildBody(http, http.body, inputs) }),
    repeatable: !MAKING.includes(place.operation) && (http.repeatable ?? http.method !== 'POST'),
  };
}

function buildUrl(http: HttpOperation, inputs: TemplateInputs, place: RequestPlace): string {
  const path = fillUrl(http.path, inputs);
  if (path === undefined) {
    throw new UserError('usage', `${place.title} needs more of the profile for "${place.operation}": ${http.path}.`, {
      provider: place.provider,
      hint: 'mcpkey profile set --org ORG',
    });
  }
  const url = new URL(`${place.base}${path}`);
  // An id of dots alone would climb out of the path, which no encoding prevents.
  if (!`${place.base}${path}`.endsWith(url.pathname)) {
    throw new UserError('usage', `The id cannot be asked for at ${place.title}: it does not fit into a URL.`, {
      provider: place.provider,
    });
  }
  for (const [name, template] of Object.entries(http.query ?? {})) {
    const value = fillText(template, inputs);
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return url.href;
}

function fillHeaders(templates: Readonly<Record<string, string>>, inputs: TemplateInputs): Record<string, string> {
  return Object.fromEntries(
    Object.entries(templates).flatMap(([name, template]) => {
      const value = fillText(template, inputs);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function buildBody(http: HttpOperation, body: NonNullable<HttpOperation['body']>, inputs: TemplateInputs) {
  return http.bodyType === 'form'
    ? ({ type: 'form', value: fillForm(body, inputs) } as const)
    : ({ type: 'json', value: fillBody(body, inputs) } as const);
}
