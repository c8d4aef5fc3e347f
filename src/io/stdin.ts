import { UserError } from '../errors.ts';
import { type Secret, secret } from '../secret.ts';

const LIMIT = 64 * 1024;
const hint = 'Pipe it in: printf %s "$VALUE" | mcpkey …';

/** All of stdin without its last line end. Throws `usage` where it is a terminal, empty, too long, or no UTF-8. */
export async function readStdin(stdin: NodeJS.ReadStream, signal: AbortSignal): Promise<Secret> {
  if (stdin.isTTY) throw new UserError('usage', 'Nothing is piped into stdin.', { hint });
  const text = decode(await collect(stdin, signal)).replace(/\r?\n$/, '');
  if (text === '') throw new UserError('usage', 'Stdin is empty.', { hint });
  return secret(text);
}

async function collect(stdin: NodeJS.ReadStream, signal: AbortSignal): Promise<Buffer> {
  // Who comes too late to hear of the interruption must not wait for ever.
  signal.throwIfAborted();
  const stop = (): void => void stdin.destroy(signal.reason instanceof Error ? signal.reason : undefined);
  signal.addEventListener('abort', stop, { once: true });
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stdin) {
      const bytes = Buffer.from(chunk);
      size += bytes.length;
      if (size > LIMIT)
        throw new UserError('usage', `Stdin holds more than ${LIMIT / 1024} KiB.`, {
          hint: 'Pipe in the secret alone.',
        });
      chunks.push(bytes);
    }
  } finally {
    signal.removeEventListener('abort', stop);
  }
  return Buffer.concat(chunks);
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) throw new UserError('usage', 'Stdin is no UTF-8 text.', { hint });
    throw error;
  }
}
