import { z } from 'zod';
import { UserError } from '../errors.ts';
import { type Secret, secret } from '../secret.ts';
import { token } from './token.ts';
import { exchangeJson } from './transport.ts';
import type { LoginMethod, LoginPorts, LoginRequest } from './types.ts';

const answered = z.object({ value: z.string().min(1) });

/**
 * The identity that GitHub gives each job of Actions: a JWT for one audience, good for some minutes, asked for at an
 * address that only the job knows. As a session it is a token that was brought, and can be asked for again.
 */
export const githubOidc: LoginMethod = {
  id: 'github-oidc',
  option: 'github-oidc',
  title: 'the identity of a GitHub Actions job, without a person',
  async run(request, ports) {
    const audience = request.audience ?? request.resource;
    if (audience === undefined) {
      throw new UserError('usage', 'The token would be good for anyone: it needs an audience.', {
        hint: 'Name the one that the service expects: --audience AUD',
      });
    }
    const session = await token.run(
      { ...request, audience, token: await askForToken(request, audience, ports) },
      ports,
    );
    return { ...session, method: 'github-oidc' };
  },
};

/** Throws `usage` outside a job or without its permission, `not_logged_in` where the runner refuses. */
async function askForToken({ job, allowHttp }: LoginRequest, audience: string, ports: LoginPorts): Promise<Secret> {
  if (!job || !URL.canParse(job.url)) {
    throw new UserError('usage', 'This is no GitHub Actions job with an identity of its own.', {
      hint: 'Give the job "permissions: id-token: write"; ACTIONS_ID_TOKEN_REQUEST_URL is set then.',
    });
  }
  const url = new URL(job.url);
  url.searchParams.set('audience', audience);
  const { status, body } = await exchangeJson(ports, allowHttp, url.href, {
    headers: { accept: 'application/json', authorization: `Bearer ${job.token.reveal()}` },
  });
  const parsed = answered.safeParse(body);
  if (status === 200 && parsed.success) return secret(parsed.data.value);
  if (status >= 500) throw new UserError('server_error', `${url.origin} answers with HTTP ${status}.`, { status });
  if (status < 400) throw new UserError('bad_response', `${url.origin} gave no token.`, { status });
  throw new UserError('not_logged_in', `${url.origin} gives this job no token: HTTP ${status}.`, {
    status,
    hint: 'Give the job "permissions: id-token: write".',
  });
}
