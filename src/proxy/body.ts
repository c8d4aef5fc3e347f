import { UserError } from '../errors.ts';
import type { ApiAnswer } from '../providers/types.ts';
import { MAX_MESSAGE } from './message.ts';

/** The whole body as text. Throws `bad_response` past `limit` bytes, with the rest unread. */
export async function readBody(response: Response, limit = MAX_MESSAGE): Promise<string> {
  if (!response.body) return '';
  const reader = response.body.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    size += next.value.length;
    if (size > limit) {
      await reader.cancel();
      const megabytes = Math.round(limit / 1024 / 1024);
      throw new UserError('bad_response', `The server sent an answer of more than ${megabytes} MB: not read.`, {
        hint: 'Is that the MCP URL of the service?   mcpkey profile show',
      });
    }
    parts.push(next.value);
  }
  return new TextDecoder().decode(Buffer.concat(parts));
}

/** A response read to its end, as providers diagnose it. */
export async function readAnswer(response: Response, limit = MAX_MESSAGE): Promise<ApiAnswer> {
  const text = await readBody(response, limit);
  const { status, headers, url } = response;
  return { status, headers, text, body: parseJson(text), url };
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** `text/event-stream; charset=utf-8` → `text/event-stream`. */
export function mediaType(response: Response): string {
  return (response.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
