const BLANK = /[ \t\r\n\uFEFF]*/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;

/** Offset of the first character at which `text` stops being JSON (RFC 8259); V8's messages do not always say. */
export function faultOffset(text: string): number {
  let at = 0;
  /** The closing brackets that are still due. */
  const open: ('}' | ']')[] = [];
  const skip = (pattern: RegExp) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at += found[0].length;
    return found !== null;
  };
  const take = (char: string) => {
    skip(BLANK);
    if (text[at] !== char) return false;
    at += 1;
    return true;
  };
  const name = () => {
    skip(BLANK);
    return skip(STRING) && take(':');
  };
  /** After a value: closes what ends here and moves to the next value. False at a fault and at the end. */
  const next = () => {
    for (let close = open.at(-1); close !== undefined; close = open.at(-1)) {
      if (take(',')) return close === ']' || name();
      if (!take(close)) return false;
      open.pop();
    }
    return false;
  };
  for (let more = true; more; ) {
    skip(BLANK);
    if (take('{')) {
      open.push('}');
      if (take('}')) open.pop();
      else if (name()) continue;
      else break;
    } else if (take('[')) {
      open.push(']');
      if (!take(']')) continue;
      open.pop();
    } else if (!skip(STRING) && !skip(SCALAR)) break;
    more = next();
  }
  skip(BLANK);
  return at;
}
