/** stdin as lines: LF or CRLF, UTF-8 split anywhere, each line bounded. */

export interface Line {
  readonly text: string;
  /** Longer than the bound: `text` is empty, the rest was read and dropped. */
  readonly tooLong: boolean;
}

const LF = 10;

/** Yields each line without its end; empty lines are left out, a last line without an end is yielded. */
export async function* splitLines(input: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Line> {
  let parts: Uint8Array[] = [];
  let size = 0;
  const take = (): Line | undefined => {
    const tooLong = size > maxBytes;
    const text = tooLong ? '' : Buffer.concat(parts).toString('utf8').replace(/\r$/, '');
    parts = [];
    size = 0;
    return tooLong || text.trim() !== '' ? { text, tooLong } : undefined;
  };
  const keep = (part: Uint8Array): void => {
    size += part.length;
    if (size <= maxBytes) parts.push(part);
    else parts = [];
  };
  for await (const chunk of input) {
    let from = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, from)) {
      keep(chunk.subarray(from, end));
      from = end + 1;
      const line = take();
      if (line) yield line;
    }
    keep(chunk.subarray(from));
  }
  const last = take();
  if (last) yield last;
}
