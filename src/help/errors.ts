/** What each `error.code` means and what to do about it: `mcpkey help errors CODE` and docs/errors.md. */
import { type ErrorCode, EXIT_CODES, UserError } from '../errors.ts';
import { withNearest } from '../nearest.ts';

interface ErrorPage {
  readonly means: string;
  /** What to try, in this order. */
  readonly remedies: readonly string[];
}

const PAGES: Readonly<Record<ErrorCode, ErrorPage>> = {
  bad_config_file: {
    means:
      'A file does not parse, or holds something else than it should. It was left as it is, and nothing was written.',
    remedies: [
      'Open the file at the line and column that the message names, and mend it.',
      'If it is a client’s file, that client very likely refuses it too.',
      'If it is mcpkey’s own and cannot be mended, move it away: profiles are made again by mcpkey login, secrets stay in their store.',
    ],
  },
  unsupported: {
    means: 'The service or the client has no such thing, or the key’s secret is not kept here.',
    remedies: [
      'mcpkey provider list says what each service can do by its API, and what by hand.',
      'mcpkey clients says which modes a client knows.',
      'For a key that was made elsewhere: mcpkey import.',
    ],
  },
  conflict: {
    means: 'Something exists already, changed meanwhile, is in use by another process, or is tracked by git.',
    remedies: [
      'Choose another name, or look at what is there with mcpkey show or mcpkey list.',
      'If another mcpkey is at work, wait for it; a lock that a crash left is taken over by itself.',
      'A file that changed since is never overwritten: the message says what differs.',
    ],
  },
  refused: {
    means: 'The service, or the system, says no. Its own words are shown.',
    remedies: [
      'Read those words: quotas, taken names and plans are the service’s to change.',
      'If the system says no (disk full, read-only, permission denied), mend that and run the same command again.',
    ],
  },
  bad_response: {
    means:
      'The answer is not what the service documents: HTML, cut off, too large, or of another shape; or it redirects elsewhere.',
    remedies: [
      'Check the URL: mcpkey profile show. A web page instead of an API answers this way.',
      'Run it again with --verbose to see each exchange, secrets masked.',
      'If the URL is right, the service changed: report it to whoever wrote the provider (mcpkey provider show).',
    ],
  },
  internal: {
    means: 'A fault in mcpkey itself.',
    remedies: ['Run the same command with --verbose and report what it prints; secrets are masked there.'],
  },
  usage: {
    means: 'The command line is wrong, or something is asked for that only a person at a terminal can answer.',
    remedies: [
      'mcpkey help COMMAND shows arguments, options and examples.',
      'Where a ref fits several keys, write PROFILE/NAME.',
      'Without a terminal: pipe secrets in with --stdin, and answer questions with --yes.',
    ],
  },
  not_logged_in: {
    means: 'There is no login for this profile, it ended and could not be renewed, or what was typed was refused.',
    remedies: [
      'mcpkey login PROFILE',
      'In CI: MCPKEY_TOKEN, or MCPKEY_CLIENT_ID and MCPKEY_CLIENT_SECRET, or --github-oidc.',
    ],
  },
  invalid_token: {
    means: 'The service refused the login’s token (401).',
    remedies: [
      'mcpkey login PROFILE',
      'Where the token comes from your own identity provider, the message says which of its claims is wrong.',
    ],
  },
  invalid_api_key: {
    means: 'The service refused the key (401): it was revoked, it ended, or it belongs elsewhere.',
    remedies: [
      'mcpkey list shows whether it is active.',
      'mcpkey create makes a new one; mcpkey place puts it into the client.',
    ],
  },
  api_key_required: {
    means: 'The service got no key (401).',
    remedies: [
      'mcpkey verify KEY shows what the endpoint says with it.',
      'If a client asks, its entry has lost the key: mcpkey place KEY CLIENT.',
    ],
  },
  insufficient_scope: {
    means: 'The key or login is good, but may not do this (403).',
    remedies: [
      'mcpkey show KEY lists its scopes.',
      'Make one with the scope that is missing: mcpkey create --scope S.',
    ],
  },
  not_found: {
    means: 'There is no such key, profile, client or provider.',
    remedies: ['mcpkey list --all-profiles, mcpkey profile list, mcpkey clients, mcpkey provider list.'],
  },
  rate_limited: {
    means: 'The service limits how often it may be asked (429), and the wait is longer than --max-wait.',
    remedies: ['Wait as long as the message says (retryAfter, in seconds).', 'Or let mcpkey wait: --max-wait 10m.'],
  },
  store_unavailable: {
    means: 'The secret store is not there: no keychain, no identity, no such program.',
    remedies: [
      'mcpkey store status says what is missing.',
      'Without a keychain (servers, containers): mcpkey store use age, or MCPKEY_STORE=age with MCPKEY_AGE_IDENTITY.',
    ],
  },
  store_locked: {
    means: 'The secret store is there, but locked.',
    remedies: ['Unlock the keychain (log in to the desktop, or unlock it there) and run the same command again.'],
  },
  partial: {
    means: 'Some of several were done, others failed.',
    remedies: ['Each row says what became of it; run the same command again: what is done already stays as it is.'],
  },
  unreachable: {
    means: 'The service could not be reached: DNS, TLS, a refused connection, or no answer in time.',
    remedies: [
      'Check the address (mcpkey profile show) and the network; behind a proxy set HTTPS_PROXY.',
      'Behind a company’s own certificate authority set NODE_EXTRA_CA_CERTS.',
      'A slow service: --timeout 2m.',
    ],
  },
  server_error: {
    means: 'The service failed (5xx), also after being asked again.',
    remedies: ['Try later; what was begun was undone or is named in the message.'],
  },
  interrupted: {
    means: 'The command was stopped (Ctrl-C, SIGTERM).',
    remedies: [
      'Run it again; what it had begun is ended or taken back by the next command.',
      'Where a key was being made or replaced, the next command says so: mcpkey rotate --resume',
    ],
  },
};

/** The page of one code, or the list of all. Throws `not_found`. */
export function errorTopic(code: string | undefined): string {
  if (code === undefined) return errorList();
  const found = Object.entries(PAGES).find(([id]) => id === code);
  if (found === undefined) {
    throw new UserError('not_found', withNearest(`There is no error code "${code}".`, code, Object.keys(PAGES)), {
      hint: 'mcpkey help errors lists them.',
    });
  }
  const [, { means, remedies }] = found;
  const exit = Object.entries(EXIT_CODES).find(([id]) => id === code)?.[1];
  return [`${code} (exit code ${exit})`, '', means, '', ...remedies.map((remedy) => `- ${remedy}`)].join('\n');
}

function errorList(): string {
  const rows = Object.entries(EXIT_CODES).map(([code, exit]) => `${String(exit).padStart(4)}  ${code}`);
  return ['exit  error.code', ...rows, '', 'mcpkey help errors CODE says what one means, and what to do.'].join('\n');
}

/** All of them in Markdown. */
export function errorReference(): string {
  const pages = Object.entries(PAGES).map(([code, { means, remedies }]) =>
    [`## ${code}`, '', means, '', ...remedies.map((remedy) => `- ${remedy}`)].join('\n'),
  );
  const rows = Object.entries(EXIT_CODES).map(([code, exit]) => `| ${exit} | [${code}](#${code}) |`);
  return ['| exit code | `error.code` |', '| --- | --- |', ...rows, '', pages.join('\n\n')].join('\n');
}
