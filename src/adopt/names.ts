/** A server's name in a client as the name of a key: what a ref cannot hold becomes a dash. */
export const keyName = (server: string): string =>
  server.replace(/[/\s\u0000-\u001f\u007f-\u009f]+/g, '-').replace(/^[@-]+|-+$/g, '') || 'key';

/** The same, numbered where another key has it. */
export function freeKeyName(taken: ReadonlySet<string>, server: string): string {
  const name = keyName(server);
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? name : `${name}-${number}`;
    if (!taken.has(candidate)) return candidate;
  }
}
