import { z } from 'zod';
import { UserError } from '../errors.ts';
import { secret } from '../secret.ts';
import { readClaims } from './jwt.ts';
import { overloaded, serverWords } from './server-words.ts';
import { exchangeJson, type JsonAnswer } from './transport.ts';
import type { LoginMethod } from './types.ts';

/** The provider's own JSON login for a JWT; never OAuth's password grant (RFC 9700 §2.4). The password is not kept. */
export const password: LoginMethod = {
  id: 'password',
  option: 'password',
  title: 'e-mail and password of the service',
  async run(request, ports) {
    const endpoint = request.endpoints?.password;
    if (!endpoint)
      throw new UserError('unsupported', 'This service has no login by e-mail and password.', {
        hint: 'mcpkey help login',
      });
    if (!request.email || !request.password) {
      throw new UserError('usage', 'E-mail and password are needed.', {
        hint: 'Set MCPKEY_EMAIL and MCPKEY_PASSWORD.',
      });
    }
    const answer = await exchangeJson(ports, request.allowHttp, endpoint.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ [endpoint.email]: request.email, [endpoint.password]: request.password.reveal() }),
      repeatable: true,
    });
    if (answer.status !== 200) throw refusal(answer, endpoint.url, ports.now());
    const value = at(answer.body, endpoint.token);
    if (typeof value !== 'string' || value === '') {
      throw new UserError('bad_response', `${endpoint.url} answered without a token at ${endpoint.token}.`, {
        status: 200,
        hint: 'Is --url the service itself, and not a web page in front of it?   mcpkey profile show',
      });
    }
    const token = secret(value);
    const lasts =
      endpoint.expiresIn === undefined ? undefined : Number(at(answer.body, endpoint.expiresIn) ?? Number.NaN);
    const ends =
      Number.isFinite(lasts) && lasts !== undefined ? ports.now() + lasts * 1000 : readClaims(token)?.expiresAt;
    return {
      method: 'password',
      accessToken: token,
      expiresAt: ends === undefined ? undefined : new Date(ends).toISOString(),
      account: request.email,
    };
  },
};

const detailText = z.object({ detail: z.string() });
const detailList = z.object({
  detail: z.array(z.object({ loc: z.array(z.union([z.string(), z.number()])).optional(), msg: z.string() })),
});

function refusal(answer: JsonAnswer, url: string, now: number): UserError {
  const { status, redirect, headers } = answer;
  const { origin } = new URL(url);
  const text = detailText.safeParse(answer.body);
  const says = text.success ? ` The service says: ${serverWords(text.data.detail)}` : '';
  if (redirect !== undefined) {
    return new UserError(
      'bad_response',
      `${url} redirects to ${serverWords(redirect)}: not followed with a password.`,
      {
        status,
        hint: 'If the service has moved: --url URL',
      },
    );
  }
  if (status === 401 || status === 403 || status === 400) {
    return new UserError('not_logged_in', `E-mail or password was refused.${says}`, {
      status,
      hint: 'Check both and log in again.',
    });
  }
  if (status === 422)
    return new UserError('usage', `The service does not accept this input: ${faults(answer.body)}.`, {
      status,
      hint: 'Check the e-mail address and the password.',
    });
  if (status === 404) {
    return new UserError('unsupported', `${url} does not exist on this server.`, { status, hint: 'Check --url.' });
  }
  if (status === 429 || status >= 500) return overloaded(answer, origin, now, says);
  return new UserError('bad_response', `${url} answered with HTTP ${status}.${says}`, {
    status,
    hint: `Is that the service itself?   content type: ${headers.get('content-type') ?? 'none'}`,
  });
}

/** FastAPI's form of a 422: which field, and why. */
function faults(body: unknown): string {
  const parsed = detailList.safeParse(body);
  if (!parsed.success) return 'it does not say why';
  return parsed.data.detail
    .slice(0, 5)
    .map(({ loc = [], msg }) => serverWords(`${loc.filter((part) => part !== 'body').join('.')}: ${msg}`))
    .join('; ');
}

/** RFC 6901. */
function at(value: unknown, pointer: string): unknown {
  let current = value;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof current !== 'object' || current === null) return undefined;
    current = Object.getOwnPropertyDescriptor(current, key)?.value;
  }
  return current;
}
