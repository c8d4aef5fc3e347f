/** What tells a credential: the name that it stands under, and a value that is neither a reference nor a placeholder. */

/** The words that a name is made of: `X-API-Key`, `apiKey` and `API_KEY` are the same three or two. */
const wordsOf = (name: string): string =>
  ` ${name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(/[^A-Za-z0-9]+/)
    .join(' ')
    .toLowerCase()
    .trim()} `;

const CARRIES =
  / (?:authorization|cookie|tokens?|secrets?|pass(?:word|wd|phrase|code)?|pwd|apikeys?|keys?|credentials?|pat|jwt|dsn) | (?:auth|bearer) $/;
/** Names that end so tell something about a credential, or where it is. */
const ABOUT =
  / (?:ids?|paths?|files?|dirs?|folder|urls?|uri|endpoint|hosts?|names?|users?|username|types?|modes?|methods?|provider|server|issuer|audience|scopes?|expiry|expires|ttl|timeout|limits?|max|count|length|size|region|version|enabled|required|prefix|algorithm|alg|store|backend|public|vault) $/;
/** `MAX_TOKENS`, `TOKENS_PER_MINUTE`, `KEY_VAULT_…`, `PUBLIC_KEY`, `SORT_KEY`. */
const OTHER =
  / (?:max (?:\w+ )*tokens?|tokens? (?:limit|budget|per)|key vault|public key|(?:sort|primary|partition|foreign|cache|object|hot|host) key) /;

/** True where a header, variable, option or query of this name carries a credential. */
export function carriesCredential(name: string): boolean {
  const words = wordsOf(name);
  return CARRIES.test(words) && !ABOUT.test(words) && !OTHER.test(words);
}

/** In any client's syntax: a variable, a file, an input, another program's answer, a vault's address. */
const REFERENCE =
  /\$\{[^}]*\}|\$\(|^\$\w+$|\$[A-Z_][A-Z0-9_]{2,}|\{\{[^}]*\}\}|\{(?:env|file|input|secrets?)[:.][^}]*\}|%[A-Z_][A-Z0-9_]+%|^[a-z][a-z0-9-]*:\/\/[^:@/]+\/[^@]*$/;
const PLACEHOLDER =
  /^<.*>$|^\[.*\]$|^(?:your|my|the|insert|enter|paste|replace|change)[-_ ]?|[-_ ](?:here|goes|placeholder)$|^(?:x{3,}|\*{3,}|\.{3,}|…+|redacted|changeme|placeholder|example|dummy|none|null|undefined|true|false|yes|no|on|off|test|todo)$/i;
/** A path names where a credential lies. Base64 may begin with a slash, but not have several. */
const PATH = /^[\\/][^\\/]*[\\/]|^~|^\.{1,2}[\\/]|^[A-Za-z]:[\\/]/;
/** Fewer characters are no credential; one that short could not be told from a word. */
const SHORTEST = 6;

/** True where `value`, which stands under a name that carries credentials, is one itself, in clear. */
export function isClear(value: string): boolean {
  const bare = value.trim();
  if (bare.length < SHORTEST || /^\d{1,12}$/.test(bare)) return false;
  return !REFERENCE.test(bare) && !PLACEHOLDER.test(bare) && !PATH.test(bare);
}

/** A plain word under a name that says no more than `key` is a setting: `THEME_KEY=solarized`. */
export const isWord = (name: string, value: string): boolean =>
  / keys? $/.test(wordsOf(name)) &&
  !/ (?:api|access|secret|private|auth|signing|encryption) keys? $/.test(wordsOf(name))
    ? /^[A-Za-z][A-Za-z-]*$/.test(value) && value.length < 20
    : false;

const SCHEME = /^(Bearer|Basic|Token|ApiKey|Key|Bot|DPoP|Digest) +(?=\S)/i;

/** `Bearer abc` in its two parts; no scheme where there is none. */
export function splitScheme(value: string): { readonly scheme: string | undefined; readonly value: string } {
  const found = SCHEME.exec(value);
  return found ? { scheme: found[1], value: value.slice(found[0].length).trim() } : { scheme: undefined, value };
}

/** The password of an address such as `postgres://user:password@host`, where it is in clear. */
export function passwordIn(value: string): string | undefined {
  const found = /^[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:([^\s/@]+)@/i.exec(value)?.[1];
  return found !== undefined && !REFERENCE.test(found) && !PLACEHOLDER.test(found) ? found : undefined;
}

/** Parameters of an address that carry credentials in clear. */
export function queriesIn(value: string): readonly { readonly name: string; readonly value: string }[] {
  const query = /^https?:\/\/[^\s?#]+\?([^\s#]+)/i.exec(value)?.[1];
  if (query === undefined) return [];
  return [...new URLSearchParams(query)].flatMap(([name, text]) =>
    carriesCredential(name) && isClear(text) && !isWord(name, text) ? [{ name, value: text }] : [],
  );
}
