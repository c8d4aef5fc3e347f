/** Members put into and taken out of a JSON object, with commas and comments where they belong. */
import { createScanner, type Node, type SyntaxKind } from 'jsonc-parser';
import type { JsonStyle } from './json-print.ts';
import { isSpread, memberStyle, type TextStyle } from './json-style.ts';
import { hasLineEnd, indentAt, lineEndAt } from './text.ts';
import type { Splice } from './types.ts';

/** Values of jsonc-parser's `SyntaxKind`, which is a const enum and so has none at run time. */
const COMMA: SyntaxKind.CommaToken = 5;
const LINE_COMMENT: SyntaxKind.LineCommentTrivia = 12;
const BLOCK_COMMENT: SyntaxKind.BlockCommentTrivia = 13;

/** A member of an object: the whole, its name and its value. */
export interface Member {
  readonly node: Node;
  readonly key: Node;
  readonly value: Node;
}

interface Token {
  readonly kind: 'comma' | 'line-comment' | 'block-comment';
  readonly start: number;
  readonly end: number;
}

const insert = (at: number, text: string): Splice => ({ start: at, end: at, text });
const remove = (start: number, end: number): Splice => ({ start, end, text: '' });
const innerEnd = (table: Node) => table.offset + table.length - 1;
const endOf = (node: Node) => node.offset + node.length;

/** Commas and comments of a stretch that holds no values. */
function tokensBetween(text: string, start: number, end: number): readonly Token[] {
  const scanner = createScanner(text.slice(start, end), false);
  const tokens: Token[] = [];
  for (let left = end - start; left > 0; left -= scanner.getTokenLength()) {
    const kind = scanner.scan();
    const from = start + scanner.getTokenOffset();
    const range = { start: from, end: from + scanner.getTokenLength() };
    if (kind === COMMA) tokens.push({ kind: 'comma', ...range });
    if (kind === LINE_COMMENT) tokens.push({ kind: 'line-comment', ...range });
    if (kind === BLOCK_COMMENT) tokens.push({ kind: 'block-comment', ...range });
    if (scanner.getTokenLength() === 0) break;
  }
  return tokens;
}

/** `print` gives the member in the style that it is told. */
export function insertMember(
  text: string,
  table: Node,
  style: TextStyle,
  print: (style: JsonStyle) => string,
): Splice[] {
  const last = table.children?.at(-1);
  return last ? insertBehind(text, table, last, style, print) : [insertFirst(text, table, style, print)];
}

function insertFirst(text: string, table: Node, style: TextStyle, print: (style: JsonStyle) => string): Splice {
  const open = table.offset + 1;
  const start = tokensBetween(text, open, innerEnd(table)).at(-1)?.end ?? open;
  const near = memberStyle(text, style, table, undefined);
  if (near.lineEnd === undefined) return insert(start, print(near));
  const closing = near.lineEnd + indentAt(text, table.offset);
  return { start, end: innerEnd(table), text: near.lineEnd + near.indent + print(near) + closing };
}

/** Behind the last member and what is said of it on its own line; comments on later lines stay below. */
function insertBehind(
  text: string,
  table: Node,
  last: Node,
  style: TextStyle,
  print: (style: JsonStyle) => string,
): Splice[] {
  const end = endOf(last);
  const tokens = tokensBetween(text, end, innerEnd(table));
  const comma = tokens.find((token) => token.kind === 'comma');
  let at = comma?.end ?? end;
  let behindLineComment = false;
  for (const token of tokens) {
    if (hasLineEnd(text.slice(at, token.start)) && token.start >= at) break;
    at = Math.max(at, token.end);
    behindLineComment = token.kind === 'line-comment';
  }
  const near = memberStyle(text, style, table, last);
  const spread = isSpread(text, table, style) || behindLineComment;
  const lead = spread ? (near.lineEnd ?? lineEndAt(text, at)) + near.indent : near.spaced ? ' ' : '';
  if (comma) return [insert(at, `${lead}${print(near)},`)];
  return [insert(end, ','), insert(at, lead + print(near))];
}

/** The reverse of `insertMember`; what stands around, comments among it, stays. */
export function removeMember(text: string, table: Node, member: Member): Splice[] {
  const children = table.children ?? [];
  const index = children.indexOf(member.node);
  const [before, next] = [children[index - 1], children[index + 1]];
  const end = endOf(member.node);
  const from = before ? endOf(before) : table.offset + 1;
  const ahead = tokensBetween(text, from, member.node.offset);
  const comma = tokensBetween(text, end, next?.offset ?? innerEnd(table)).find((token) => token.kind === 'comma');
  const behind = text.slice(end, comma?.start).trim() === '' ? (comma?.end ?? end) : end;
  const start = leadStart(text, { token: ahead.at(-1), from, offset: member.node.offset, behind });
  if (comma) {
    const inline =
      next && !hasLineEnd(text.slice(start, next.offset)) && text.slice(comma.end, next.offset).trim() === '';
    return [remove(start, end), remove(comma.start, inline && start === member.node.offset ? next.offset : comma.end)];
  }
  const commaBefore = ahead.find((token) => token.kind === 'comma');
  return commaBefore ? [remove(commaBefore.start, commaBefore.end), remove(start, end)] : [remove(start, end)];
}

/** The blanks before a member go with it, but not the line end that a line comment needs. */
function leadStart(
  text: string,
  at: { token: Token | undefined; from: number; offset: number; behind: number },
): number {
  const start = at.token?.end ?? at.from;
  if (at.token?.kind !== 'line-comment' || /^[ \t]*[\r\n]/.test(text.slice(at.behind))) return start;
  return start + (/^[ \t]*(\r\n|\n|\r)/.exec(text.slice(start, at.offset))?.[0].length ?? 0);
}
