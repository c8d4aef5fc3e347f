/** The stock data service's own logins: HS256 JWTs that it alone can read. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { fieldOf } from './request.ts';
import { randomHex } from './shelf.ts';

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A JWT for `subject` that lasts so many seconds. */
export function signLogin(key: string, subject: string, lifetime: number): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = base64url({ sub: subject, iat: now, exp: now + lifetime, jti: randomHex(16) });
  const signed = `${base64url({ alg: 'HS256', typ: 'JWT' })}.${claims}`;
  return `${signed}.${signature(key, signed)}`;
}

const signature = (key: string, text: string): string => createHmac('sha256', key).update(text).digest('base64url');

/** Whether the token was signed with this key and has not ended. */
export function isLogin(key: string, token: string): boolean {
  const [header = '', claims = '', mac = ''] = token.split('.');
  const expected = Buffer.from(signature(key, `${header}.${claims}`));
  const given = Buffer.from(mac);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false;
  const expires = fieldOf(JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')), 'exp');
  return typeof expires === 'number' && expires * 1000 > Date.now();
}
