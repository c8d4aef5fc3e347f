/** JSON Web Tokens that come from elsewhere: read, and each claim checked by name (RFC 7519, RFC 9068 §4). */
import type { JSONWebKeySet } from 'jose';
import { z } from 'zod';
import { UserError } from '../errors.ts';
import type { Secret } from '../secret.ts';
import { type AuthPorts, exchangeJson } from './transport.ts';

const headerShape = z.object({ alg: z.string(), kid: z.string().optional() });
const claimsShape = z.object({
  iss: z.string().optional(),
  sub: z.string().optional(),
  email: z.string().optional(),
  aud: z.union([z.string(), z.array(z.string())]).optional(),
  exp: z.number().optional(),
  nbf: z.number().optional(),
  scope: z.string().optional(),
});

export interface Claims {
  readonly algorithm: string;
  readonly issuer: string | undefined;
  readonly audiences: readonly string[];
  /** Milliseconds since 1970. */
  readonly expiresAt: number | undefined;
  readonly notBefore: number | undefined;
  /** E-mail, else subject. */
  readonly account: string | undefined;
  readonly scope: string | undefined;
}

export interface Expected {
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
  /** RFC 7518 names; absent: any asymmetric one. */
  readonly algorithms?: readonly string[] | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Clocks differ; a token from the future by less is taken. */
const SKEW = 60_000;
const ASYMMETRIC = /^((RS|PS|ES)(256|384|512)|EdDSA|Ed25519)$/;

/** What a token says, unchecked; undefined where it is no JWT. */
export function readClaims(token: Secret): Claims | undefined {
  const parts = token.reveal().split('.');
  if (parts.length !== 3) return undefined;
  const header = headerShape.safeParse(decode(parts[0]));
  const claims = claimsShape.safeParse(decode(parts[1]));
  if (!header.success || !claims.success) return undefined;
  const { iss, sub, email, aud, exp, nbf, scope } = claims.data;
  return {
    algorithm: header.data.alg,
    issuer: iss,
    audiences: aud === undefined ? [] : [aud].flat(),
    expiresAt: exp === undefined ? undefined : exp * 1000,
    notBefore: nbf === undefined ? undefined : nbf * 1000,
    account: email ?? sub,
    scope,
  };
}

function decode(part = ''): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const ANOTHER = 'Ask the identity provider for another token, or correct --issuer and --audience.';

/** Throws `invalid_token` that names each of `alg`, `iss`, `aud`, `exp` (and `nbf`) that is wrong, never the token. */
export function checkClaims(token: Secret, expected: Expected): Claims {
  const claims = readClaims(token);
  if (!claims)
    throw new UserError('invalid_token', 'The token is no JWT (three parts, of which two are JSON).', {
      hint: ANOTHER,
    });
  const wrong = [
    wrongAlgorithm(claims, expected),
    wrongIssuer(claims, expected),
    wrongAudience(claims, expected),
    wrongTime(claims, expected.now),
  ].filter((fault) => fault !== undefined);
  if (wrong.length === 0) return claims;
  throw new UserError('invalid_token', `The token cannot be used: ${wrong.join('; ')}.`, {
    hint: ANOTHER,
  });
}

function wrongAlgorithm({ algorithm }: Claims, { algorithms }: Expected): string | undefined {
  if (!ASYMMETRIC.test(algorithm)) return `alg is ${algorithm}, which nobody but its issuer can check`;
  if (!algorithms || algorithms.includes(algorithm)) return undefined;
  return `alg is ${algorithm}, the service takes ${algorithms.join(', ')}`;
}

function wrongIssuer({ issuer }: Claims, expected: Expected): string | undefined {
  if (expected.issuer === undefined || issuer === expected.issuer) return undefined;
  return `iss is ${issuer ?? 'missing'}, not ${expected.issuer}`;
}

function wrongAudience({ audiences }: Claims, { audience }: Expected): string | undefined {
  if (audience === undefined || audiences.includes(audience)) return undefined;
  return `aud is ${audiences.length > 0 ? audiences.join(', ') : 'missing'}, not ${audience}`;
}

function wrongTime({ expiresAt, notBefore }: Claims, now: number): string | undefined {
  if (expiresAt === undefined) return 'exp is missing';
  if (expiresAt <= now) return `exp was ${new Date(expiresAt).toISOString()}`;
  if (notBefore !== undefined && notBefore > now + SKEW) return `nbf is ${new Date(notBefore).toISOString()}`;
  return undefined;
}

const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

/** Checks the signature by the issuer's published keys. Throws `invalid_token`, `bad_response`, `unreachable`. */
export async function verifySignature(
  token: Secret,
  jwksUri: string,
  ports: AuthPorts & { readonly allowHttp: boolean },
): Promise<void> {
  const answer = await exchangeJson(ports, ports.allowHttp, jwksUri, { headers: { accept: 'application/json' } });
  const keys = keySet.safeParse(answer.body);
  if (answer.status !== 200 || !keys.success) {
    throw new UserError('bad_response', `${jwksUri} gives no key set (HTTP ${answer.status}).`, {
      status: answer.status,
      hint: 'Check --issuer, or try again later: without its keys the token cannot be checked.',
    });
  }
  if (await signedByOne(token.reveal(), keys.data)) return;
  throw new UserError('invalid_token', 'The token cannot be used: its signature is not by a key of its issuer.', {
    hint: `The keys are those at ${jwksUri}`,
  });
}

/** A token without `kid` may fit several keys of a set: then each is tried. */
async function signedByOne(token: string, published: JSONWebKeySet): Promise<boolean> {
  const { compactVerify, createLocalJWKSet, errors } = await import('jose');
  try {
    await compactVerify(token, createLocalJWKSet(published));
    return true;
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) {
      for await (const key of error) {
        const verified = await compactVerify(token, key).then(
          () => true,
          () => false,
        );
        if (verified) return true;
      }
      return false;
    }
    if (error instanceof errors.JOSEError) return false;
    throw error;
  }
}
