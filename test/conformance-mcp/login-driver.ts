/** `auth/*`: `login --web` with a "browser" that only GETs the page, then `verify`; more scope where it is asked for. */
import { z } from 'zod';
import { throughProxy } from './proxy-driver.ts';
import { mcpkey, type Run } from './run.ts';

const CONTEXT = z.object({ client_id: z.string().optional(), client_secret: z.string().optional() });
const PROMPT = z.object({ authorizationUrl: z.string() });
/** The first login, and two more where the server wants more scope or another authorization server. */
const LOGINS = 3;
/** The suite knows a client ID metadata document of its own only. */
const DOCUMENT = 'https://conformance-test.local/client-metadata.json';

/** Exit code: that of the last step, 0 where everything went well. */
export async function driveLogin(run: Run): Promise<number> {
  const { client_id: registered, client_secret: clientSecret } = CONTEXT.parse(run.context);
  const env = { MCPKEY_STORE: 'age', ...(clientSecret !== undefined && { MCPKEY_CLIENT_SECRET: clientSecret }) };
  const set = await mcpkey(run, ['store', 'use', 'age'], { env });
  if (set.code !== 0) return set.code;
  const clientId = registered ?? (run.scenario === 'auth/basic-cimd' ? DOCUMENT : undefined);
  const client = clientId === undefined ? [] : ['--client-id', clientId];
  let step: Step = { code: 0, scopes: [] };
  for (let logins = 1; logins <= LOGINS; logins += 1) {
    const asked = step.scopes.flatMap((scope) => ['--scope', scope]);
    const code = await logIn(run, env, [...client, ...asked]);
    if (code !== 0) return code;
    step = await useLogin(run, env);
    // 3: the login has ended, log in again. 4: the hint says with which scopes.
    if (step.code !== 3 && (step.code !== 4 || step.scopes.length === 0)) return step.code;
  }
  return step.code;
}

interface Step {
  readonly code: number;
  readonly scopes: readonly string[];
}

async function logIn(run: Run, env: Record<string, string>, options: readonly string[]): Promise<number> {
  const visits: Promise<void>[] = [];
  const command = ['login', '--web', '--mcp-url', run.url, '-p', 'suite', '--json', ...options];
  const { code } = await mcpkey(run, command, {
    env,
    onLine: (line) => {
      const prompt = line.includes('authorizationUrl') ? PROMPT.parse(JSON.parse(line)) : undefined;
      if (prompt) visits.push(visit(prompt.authorizationUrl));
    },
  });
  await Promise.all(visits);
  return code;
}

/** `verify`, then a tool through the proxy: some servers want more scope for a call than for the list. */
async function useLogin(run: Run, env: Record<string, string>): Promise<Step> {
  const verified = await mcpkey(run, ['verify', 'suite/@login', '--json'], { env });
  if (verified.code !== 0) return { code: verified.code, scopes: scopesIn(verified.stdout) };
  let refused = '';
  const code = await throughProxy(run, 'suite/@login', env, async (ask) => {
    const { error } = await ask('tools/call', { name: 'test-tool', arguments: {} });
    if (error) refused = JSON.stringify(error);
  });
  const scopes = scopesIn(refused);
  return scopes.length > 0 ? { code: 4, scopes } : { code, scopes };
}

const scopesIn = (text: string): string[] =>
  [...text.matchAll(/--scope ([^\s")]+)/g)].flatMap(([, scope]) => scope ?? []);

/** The suite's authorization page redirects to the callback at once. */
async function visit(url: string): Promise<void> {
  const answer = await fetch(url);
  await answer.text();
}
