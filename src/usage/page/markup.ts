/** Pieces of HTML. Whatever comes from a service goes through `escaped`. */

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/** Control characters and marks that turn the direction of reading. */
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** As text of an element or of a quoted attribute. */
export const escaped = (text: string): string =>
  text.replace(UNSEEN, '').replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

/** `1,234`, whatever the language of this machine. */
export const count = (value: number): string => new Intl.NumberFormat('en').format(value);

/** `850 ms`, `1.2 s`, `3 min`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1_000).toFixed(1)} s`;
  return `${Math.round(milliseconds / 60_000)} min`;
}

export interface Cell {
  readonly text: string;
  /** What the column is sorted by; the text where absent. */
  readonly value?: number | undefined;
  readonly bad?: boolean | undefined;
  /** HTML behind the text. */
  readonly behind?: string | undefined;
}

/** The first cell of each row is its head. `name` is read out. */
export function table(name: string, heads: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n');
  const head = heads.map((text) => `<th scope="col">${escaped(text)}</th>`).join('');
  return `<div class="wide" tabindex="0" role="region" aria-label="${escaped(name)}"><table>
<thead><tr>${head}</tr></thead>
<tbody>
${body}
</tbody></table></div>`;
}

function cell({ text, value, bad, behind = '' }: Cell, index: number): string {
  const sorted = value === undefined ? '' : ` data-value="${value}"`;
  const kind = bad ? ' class="bad"' : '';
  const content = `${escaped(text)}${behind}`;
  return index === 0 ? `<th scope="row"${sorted}>${content}</th>` : `<td${sorted}${kind}>${content}</td>`;
}
