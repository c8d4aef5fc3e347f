/** An entry without its keys that keeps what else a person wrote into it. */

/** What says how the server is reached, in any client's words: the new entry says that anew. */
const CONNECTION = new Set(
  [
    'type transport url uri serverUrl httpUrl baseUrl endpoint headers http_headers httpHeaders env_http_headers',
    'requestInit requestOptions command cmd args arguments env envs environment',
    'apiKey api_key bearer_token bearerToken bearer_token_env_var bearerTokenEnv token access_token authorization_token',
    'headersHelper http_headers_helper oauth auth',
  ].flatMap((line) => line.split(' ')),
);

/** `fresh` with the fields of `old` that do not concern how the server is reached: switched off, what it may do, how long it may take. */
export function keepOtherFields(fresh: unknown, old: unknown): unknown {
  if (!isTable(fresh) || !isTable(old)) return fresh;
  const kept = Object.entries(old).flatMap(([name, value]) => {
    if (CONNECTION.has(name)) return [];
    return [[name, name === HANDED_ON ? both(value, fresh[name]) : value] as const];
  });
  return { ...fresh, ...Object.fromEntries(kept) };
}

/** Names of variables that the server inherits: what it needed stays, and what mcpkey needs comes to it. */
const HANDED_ON = 'env_vars';

const both = (one: unknown, other: unknown): unknown =>
  Array.isArray(one) && Array.isArray(other) ? [...new Set<unknown>([...one, ...other])] : one;

const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
