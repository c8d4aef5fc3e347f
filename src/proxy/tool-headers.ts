/**
 * `Mcp-Param-*` headers (MCP 2026-07-28, Streamable HTTP): a tool's input schema may mark arguments with `x-mcp-header`,
 * and a call then repeats them as headers. The marks are learnt from the `tools/list` answers that pass by; a tool whose
 * marks break the rules must not be offered to the client.
 */
import { isObject, type Message } from './message.ts';

interface HeaderMark {
  readonly path: readonly string[];
  readonly header: string;
}

export interface ToolHeaders {
  /** Remembers the marks of a `tools/list` result; names the tools that must be left out, each with the reason. */
  learn(result: Message): readonly { name: string; reason: string }[];
  headersOf(tool: string, args: unknown): Record<string, string>;
}

const MARK = 'x-mcp-header';
const TYPES: ReadonlySet<unknown> = new Set(['string', 'integer', 'boolean']);
/** RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

export function createToolHeaders(): ToolHeaders {
  const marks = new Map<string, readonly HeaderMark[]>();
  return {
    learn(result) {
      const invalid: { name: string; reason: string }[] = [];
      for (const tool of Array.isArray(result.tools) ? result.tools : []) {
        if (!isObject(tool) || typeof tool.name !== 'string') continue;
        const found = readMarks(tool.inputSchema);
        if (typeof found === 'string') invalid.push({ name: tool.name, reason: found });
        else marks.set(tool.name, found);
      }
      return invalid;
    },
    headersOf(tool, args) {
      const headers: Record<string, string> = {};
      for (const { path, header } of marks.get(tool) ?? []) {
        const text = asText(path.reduce<unknown>((node, key) => (isObject(node) ? node[key] : undefined), args));
        if (text !== undefined) headers[`mcp-param-${header}`] = encodeHeaderValue(text);
      }
      return headers;
    },
  };
}

/** Strings as they are, safe integers in decimal, booleans in lower case; anything else has no header. */
function asText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isSafeInteger(value))) return String(value);
  return undefined;
}

/** The marks of one schema, or why they are not allowed. */
function readMarks(schema: unknown): readonly HeaderMark[] | string {
  const marks: HeaderMark[] = [];
  const names = new Set<string>();
  const visit = (node: unknown, path: readonly string[]): string | undefined => {
    if (!isObject(node)) return hidden(node);
    if (MARK in node) {
      const fault = faultOf(node, path, names);
      if (fault) return fault;
      marks.push({ path, header: String(node[MARK]) });
    }
    for (const [key, child] of Object.entries(node)) {
      if (key === MARK) continue;
      const fault = key === 'properties' && isObject(child) ? visitAll(child, path) : hidden(child);
      if (fault) return fault;
    }
    return undefined;
  };
  const visitAll = (properties: Message, path: readonly string[]): string | undefined => {
    for (const [key, child] of Object.entries(properties)) {
      const fault = visit(child, [...path, key]);
      if (fault) return fault;
    }
    return undefined;
  };
  return visit(schema, []) ?? marks;
}

/** A mark on an argument that is not always there (below `items`, `anyOf`, `$defs`, …) makes the tool invalid. */
function hidden(node: unknown): string | undefined {
  if (Array.isArray(node)) return node.map(hidden).find((fault) => fault !== undefined);
  if (!isObject(node)) return undefined;
  if (typeof node[MARK] === 'string') return `${MARK} on an argument that is not reached by properties alone`;
  return hidden(Object.values(node));
}

function faultOf(node: Message, path: readonly string[], names: Set<string>): string | undefined {
  const header = node[MARK];
  if (path.length === 0) return `${MARK} on the whole input`;
  if (typeof header !== 'string' || !TOKEN.test(header)) return `${path.join('.')}: ${MARK} is no header name`;
  if (!TYPES.has(node.type)) return `${path.join('.')}: ${MARK} on a type that is not string, integer or boolean`;
  const lower = header.toLowerCase();
  if (names.has(lower)) return `${path.join('.')}: ${MARK} "${header}" is there twice`;
  names.add(lower);
  return undefined;
}

/** A field value as it is where it is plain ASCII without outer spaces, else `=?base64?…?=` over its UTF-8. */
export function encodeHeaderValue(value: string): string {
  const plain = /^[\t\x20-\x7e]+$/.test(value) && value === value.trim() && !/^=\?base64\?.*\?=$/.test(value);
  return plain ? value : `=?base64?${Buffer.from(value).toString('base64')}?=`;
}
