/** How a service of the sandbox judges an access token of an authorization server. */
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';

/** An authorization server that services trust. */
export interface Issuing {
  readonly issuer: string;
  readonly jwksUri: string;
}

export interface AcceptedToken {
  readonly subject: string;
  readonly scopes: readonly string[];
}

export interface TokenJudge {
  /** The token's owner and scopes; undefined where signature, `iss`, `aud` or `exp` is wrong. */
  accept(token: string | undefined): Promise<AcceptedToken | undefined>;
}

/** RS256 alone, as the services document it. The signing keys are read when the first token comes. */
export function createTokenJudge(trusted: Issuing, audience: string | string[]): TokenJudge {
  const keys = createRemoteJWKSet(new URL(trusted.jwksUri));
  return {
    async accept(token) {
      if (token === undefined) return undefined;
      try {
        const { payload } = await jwtVerify(token, keys, { issuer: trusted.issuer, audience, algorithms: ['RS256'] });
        return { subject: subjectOf(payload), scopes: scopesOf(payload) };
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },
  };
}

const subjectOf = (payload: JWTPayload): string => payload.sub ?? 'unknown';

function scopesOf(payload: JWTPayload): string[] {
  return typeof payload.scope === 'string' ? payload.scope.split(' ').filter((scope) => scope !== '') : [];
}
