/** Every secret that services of this process gave out or were sent: nothing that mcpkey prints or keeps may hold one. */
const secrets = new Set<string>();

/** Shorter ones are words of tests, which stand in many places. */
const SHORTEST = 16;

export function noteSecret(value: string): string {
  if (value.length >= SHORTEST) secrets.add(value);
  return value;
}

export const secretsGivenOut = (): readonly string[] => [...secrets];
