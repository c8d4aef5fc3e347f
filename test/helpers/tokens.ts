import { randomBytes } from 'node:crypto';

/** A JWT with made-up signature, good for an hour unless `claims` says otherwise. */
export function makeToken(
  claims: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const seconds = Math.floor(Date.now() / 1000);
  const body = { sub: 'ann', iat: seconds, exp: seconds + 3600, ...claims };
  return `${part({ alg: 'RS256', typ: 'JWT', ...header })}.${part(body)}.${randomBytes(64).toString('base64url')}`;
}
