/** How a piece of JSON is printed so that it looks as its neighbours do. */

export interface JsonStyle {
  /** Line end between members; undefined prints on one line. */
  readonly lineEnd: string | undefined;
  readonly unit: string;
  /** Indentation of the line that the piece begins on. */
  readonly indent: string;
  /** Whether a blank follows `:` and `,` on one line. */
  readonly spaced: boolean;
}

export function printJson(value: unknown, style: JsonStyle): string {
  if (style.lineEnd === undefined) return printLine(value, style.spaced ? ' ' : '');
  return JSON.stringify(value, null, style.unit).replaceAll('\n', style.lineEnd + style.indent);
}

export function printMember(key: string, value: unknown, style: JsonStyle): string {
  const gap = style.lineEnd !== undefined || style.spaced ? ' ' : '';
  return `${JSON.stringify(key)}:${gap}${printJson(value, style)}`;
}

function printLine(value: unknown, gap: string): string {
  if (Array.isArray(value)) return `[${value.map((item) => printLine(item, gap)).join(`,${gap}`)}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([key, member]) => `${JSON.stringify(key)}:${gap}${printLine(member, gap)}`,
  );
  return `{${members.join(`,${gap}`)}}`;
}
