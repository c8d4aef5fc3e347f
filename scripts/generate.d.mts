/** Text by path, relative to the root, of every generated file. */
export function generate(): Promise<Map<string, string>>;
