/** A name that stands twice in one object: JSON.parse takes the last one, and people read the first. */
import { brokenFile } from '../system/json.ts';

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g;

/** `text` is valid JSON. Throws `bad_config_file` with line and column of the second one. */
export function refuseDuplicates(text: string, path: string): void {
  /** The names of each open object; none of a list. */
  const open: (Set<string> | undefined)[] = [];
  let last: { readonly name: string; readonly at: number } | undefined;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':' && last) {
      const names = open.at(-1);
      if (names?.has(last.name)) throw secondOf(last, text, path);
      names?.add(last.name);
    }
    last = token.startsWith('"') ? { name: String(JSON.parse(token)), at: index } : undefined;
  }
}

function secondOf({ name, at }: { name: string; at: number }, text: string, path: string) {
  const lines = text.slice(0, at).split(/\r\n|\n|\r/);
  const place = `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
  return brokenFile(path, `${place}: ${JSON.stringify(name)} stands here a second time`);
}
