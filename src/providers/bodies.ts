/** Fills a request's body from its template. */
import type { BodyTemplate } from './manifest-http.ts';
import { fillText, type TemplateInputs } from './templates.ts';

const ONE_INPUT = /^\{([A-Za-z][A-Za-z0-9_]*)\}$/;

/** A JSON body: `"{input}"` keeps the input's type; members whose input is absent are left out. */
export function fillBody(
  template: Readonly<Record<string, BodyTemplate>>,
  inputs: TemplateInputs,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(template).flatMap(([name, part]) => {
      const value = fillPart(part, inputs);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** A form body (application/x-www-form-urlencoded): lists are joined by a blank, as OAuth does, `null` is left out. */
export function fillForm(
  template: Readonly<Record<string, BodyTemplate>>,
  inputs: TemplateInputs,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fillBody(template, inputs)).flatMap(([name, value]) => {
      if (value === null) return [];
      if (Array.isArray(value)) return [[name, value.join(' ')]];
      return [[name, typeof value === 'object' ? JSON.stringify(value) : String(value)]];
    }),
  );
}

function fillPart(part: BodyTemplate, inputs: TemplateInputs): unknown {
  if (typeof part === 'string') {
    const name = ONE_INPUT.exec(part)?.[1];
    if (name === undefined) return fillText(part, inputs);
    return Object.hasOwn(inputs, name) ? inputs[name] : undefined;
  }
  if (typeof part !== 'object' || part === null) return part;
  if (isList(part)) return part.map((item) => fillPart(item, inputs)).filter((item) => item !== undefined);
  return fillBody(part, inputs);
}

const isList = (part: object): part is readonly BodyTemplate[] => Array.isArray(part);
