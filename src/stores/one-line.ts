/** Values as one line of printable ASCII, for programs that cut line ends off or speak another character set. */

const MARKER = 'mcpkey-base64:';
const PRINTABLE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** As it stands where that is one line already, which every key is; never empty. */
export function toLine(value: string): string {
  if (PRINTABLE.test(value) && !value.startsWith(MARKER)) return value;
  return MARKER + Buffer.from(value).toString('base64');
}

export function fromLine(line: string): string {
  return line.startsWith(MARKER) ? Buffer.from(line.slice(MARKER.length), 'base64').toString('utf8') : line;
}
