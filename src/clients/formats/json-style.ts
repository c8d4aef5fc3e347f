/** The style of a JSON text as it stands: indentation, line ends, blanks. */
import type { Node } from 'jsonc-parser';
import type { JsonStyle } from './json-print.ts';
import { beginsLine, hasLineEnd, indentAt, lineEndAt } from './text.ts';

export interface TextStyle {
  /** One step of indentation. */
  readonly unit: string;
  readonly spaced: boolean;
  /** Whether a table that was empty gets a line for each member. */
  readonly lines: boolean;
}

const DEFAULT_UNIT = '  ';

export function styleOf(text: string, root: Node): TextStyle {
  const bare = (root.children ?? []).length === 0;
  return {
    unit: unitBelow(text, root) ?? DEFAULT_UNIT,
    spaced: bare || /":[ \t]/.test(text),
    lines: bare || hasLineEnd(text.trim()),
  };
}

/** The first step of indentation that the tree shows, outermost first. */
function unitBelow(text: string, table: Node): string | undefined {
  const outer = indentAt(text, table.offset);
  for (const child of table.children ?? []) {
    if (!beginsLine(text, child.offset)) continue;
    const inner = indentAt(text, child.offset);
    if (inner.length > outer.length && inner.startsWith(outer)) return inner.slice(outer.length);
  }
  for (const child of table.children ?? []) {
    const value = child.type === 'property' ? child.children?.[1] : child;
    const found = value && (value.type === 'object' || value.type === 'array') && unitBelow(text, value);
    if (found) return found;
  }
  return undefined;
}

/** True where the members of the table stand on lines of their own. */
export function isSpread(text: string, table: Node, style: TextStyle): boolean {
  const first = table.children?.[0];
  return first ? hasLineEnd(text.slice(table.offset, first.offset)) : style.lines;
}

/** How a member of `table` is printed; `near` is a member to look like, where there is one. */
export function memberStyle(text: string, style: TextStyle, table: Node, near: Node | undefined): JsonStyle {
  const own = near && beginsLine(text, near.offset) ? indentAt(text, near.offset) : undefined;
  const indent = own ?? indentAt(text, table.offset) + style.unit;
  const lineEnd = isSpread(text, table, style) ? lineEndAt(text, near?.offset ?? table.offset + 1) : undefined;
  return { lineEnd, unit: style.unit, indent, spaced: style.spaced };
}
