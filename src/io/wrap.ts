import { displayWidth } from './width.ts';

/** `text` broken between words into lines of at most `width` columns; a longer word stays whole. Further lines begin with `indent`. */
export function wrapped(text: string, width: number, indent = ''): string {
  return text
    .split('\n')
    .map((line) => wrapLine(line, width, indent))
    .join('\n');
}

function wrapLine(text: string, width: number, indent: string): string {
  const [first = '', ...words] = text.split(' ');
  const lines = [first];
  let taken = displayWidth(first);
  for (const word of words) {
    const columns = displayWidth(word);
    if (taken + 1 + columns > width) {
      lines.push(`${indent}${word}`);
      taken = indent.length + columns;
    } else {
      lines.push(`${lines.pop() ?? ''} ${word}`);
      taken += 1 + columns;
    }
  }
  return lines.join('\n');
}
