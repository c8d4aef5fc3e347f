/** `auth/*`: `login --web` with a "browser" that only GETs the page, then `verify`; more scope where it is asked for. */
import { z } from 'zod';
import { mcpkey, type Run } from './run.ts';

const CONTEXT = z.object({ client_id: z.string().optional(), client_secret: z.string().optional() });
const PROMPT = z.object({ authorizationUrl: z.string() });
const VERIFIED = z.object({ error: z.object({ code: z.string(), hint: z.string().nullable() }).optional() });
/** The first login, and two more where the server wants more scope. */
const LOGINS = 3;

/** Exit code: that of the last step that failed, else 0. */
export async function driveLogin(run: Run): Promise<number> {
  const { client_id: clientId, client_secret: clientSecret } = CONTEXT.parse(run.context);
  const env = { MCPKEY_STORE: 'age', ...(clientSecret !== undefined && { MCPKEY_CLIENT_SECRET: clientSecret }) };
  const set = await mcpkey(run, ['store', 'use', 'age'], { env });
  if (set.code !== 0) return set.code;
  let scopes: string[] = [];
  for (let logins = 1; ; logins += 1) {
    const client = clientId === undefined ? [] : ['--client-id', clientId];
    const asked = scopes.flatMap((scope) => ['--scope', scope]);
    const visits: Promise<void>[] = [];
    const login = await mcpkey(
      run,
      ['login', '--web', '--mcp-url', run.url, '-p', 'suite', '--json', ...client, ...asked],
      {
        env,
        onLine: (line) => {
          const prompt = line.includes('authorizationUrl') ? PROMPT.parse(JSON.parse(line)) : undefined;
          if (prompt) visits.push(visit(prompt.authorizationUrl));
        },
      },
    );
    await Promise.all(visits);
    if (login.code !== 0) return login.code;
    const verified = await mcpkey(run, ['verify', 'suite/@login', '--json'], { env });
    if (verified.code === 0) return 0;
    const { error } = VERIFIED.parse(JSON.parse(verified.stdout === '' ? '{}' : verified.stdout));
    scopes = [...(error?.hint ?? '').matchAll(/--scope (\S+)/g)].flatMap(([, scope]) => scope ?? []);
    if (error?.code !== 'insufficient_scope' || scopes.length === 0 || logins >= LOGINS) return verified.code;
  }
}

/** The suite's authorization page redirects to the callback at once. */
async function visit(url: string): Promise<void> {
  const answer = await fetch(url);
  await answer.text();
}
