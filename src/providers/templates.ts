/**
 * URI templates (RFC 6570 level 1, and `{+name}` of level 2 for values that are URLs themselves). Inputs are the
 * operation's and the profile's; an input that is absent, null or an empty list makes the whole template absent.
 */

export type TemplateInputs = Readonly<Record<string, unknown>>;

const EXPRESSION = /\{(\+?)([A-Za-z][A-Za-z0-9_]*)\}/g;

/** Names used in `template`, in order; `+` is left out. */
export const templateNames = (template: string) => [...template.matchAll(EXPRESSION)].map((found) => found[2] ?? '');

/** Names that stand unencoded (`{+name}`). */
export const rawNames = (template: string) =>
  [...template.matchAll(EXPRESSION)].filter((found) => found[1] === '+').map((found) => found[2] ?? '');

/** Percent-encodes every value; undefined where an input is missing. */
export function fillUrl(template: string, inputs: TemplateInputs): string | undefined {
  return fill(template, inputs, (value, raw) => (raw ? value : encodeValue(value)));
}

/** Takes every value literally, for texts that people read and for members of a body. */
export function fillText(template: string, inputs: TemplateInputs): string | undefined {
  return fill(template, inputs, (value) => value);
}

const encodeValue = (value: string) => encodeURIComponent(value).replace(/[!'()*]/g, percent);

const percent = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;

function fill(
  template: string,
  inputs: TemplateInputs,
  write: (value: string, raw: boolean) => string,
): string | undefined {
  let missing = false;
  const filled = template.replace(EXPRESSION, (_, raw: string, name: string) => {
    const value = asText(Object.hasOwn(inputs, name) ? inputs[name] : undefined);
    if (value === undefined) missing = true;
    return write(value ?? '', raw === '+');
  });
  return missing ? undefined : filled;
}

function asText(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.join(', ');
  if (typeof value !== 'object' || value === null) return undefined;
  const pairs = Object.entries(value).map(([name, item]) => `${name}=${String(item)}`);
  return pairs.length === 0 ? undefined : pairs.join(', ');
}
