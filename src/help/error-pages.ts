/** What each `error.code` means, when it is seen, and what to do about it. */
import type { ErrorCode } from '../errors.ts';

export interface ErrorPage {
  readonly means: string;
  /** Typical ways into it. */
  readonly seen: readonly string[];
  /** What to try, in this order. */
  readonly remedies: readonly string[];
}

export const ERROR_PAGES: Readonly<Record<ErrorCode, ErrorPage>> = {
  bad_config_file: {
    means:
      'A file does not parse, or holds something else than it should. It was left as it is, and nothing was written.',
    seen: [
      'A comma or bracket is missing in a client’s file; the message names line and column.',
      'A table that should hold servers is a list or a text.',
      'A provider file has a field that there is not, or a value of the wrong form.',
    ],
    remedies: [
      'Open the file at the line and column that the message names, and mend it.',
      'If it is a client’s file, that client very likely refuses it too.',
      'If it is mcpkey’s own and cannot be mended, move it away: profiles are made again by mcpkey login, secrets stay in their store.',
    ],
  },
  unsupported: {
    means: 'The service or the client has no such thing, or the key’s secret is not kept here.',
    seen: [
      'The service has only a dashboard for what was asked, and nobody is at a terminal.',
      'The client cannot hold a key in the mode that was asked for.',
      'This version of the service does not mount the routes for keys.',
      'The key was made elsewhere: the service lists it, but its secret was never here.',
    ],
    remedies: [
      'mcpkey provider list says what each service can do by its API, and what by hand.',
      'mcpkey clients says which modes a client knows.',
      'For a key that was made elsewhere: mcpkey import NAME',
    ],
  },
  conflict: {
    means: 'Something exists already, changed meanwhile, is in use by another process, or is tracked by git.',
    seen: [
      'A key of that name exists, or a server of that name stands in the client’s file.',
      'Another mcpkey is rotating the same key.',
      'A file was edited between reading and writing, or since the change that is to be undone.',
      'Two folders of one name want different keys.',
    ],
    remedies: [
      'Choose another name, or look at what is there with mcpkey show KEY or mcpkey list.',
      'If another mcpkey is at work, wait for it; a lock that a crash left is taken over by itself.',
      'A file that changed since is never overwritten: the message says what differs.',
    ],
  },
  refused: {
    means: 'The service, or the system, says no. Its own words are shown.',
    seen: [
      'The plan allows no more keys, or the name is taken.',
      'The disk is full or read-only, or a file belongs to someone else.',
    ],
    remedies: [
      'Read those words: quotas, taken names and plans are the service’s to change.',
      'If the system says no (disk full, read-only, permission denied), mend that and run the same command again.',
    ],
  },
  bad_response: {
    means:
      'The answer is not what the service documents: HTML, cut off, too large, or of another shape; or it redirects elsewhere.',
    seen: [
      'The URL is that of a web page, or of the MCP endpoint instead of the key API.',
      'A login page of the network, or a proxy’s error page, came instead of the service.',
      'The service redirects to another origin: no credential goes there.',
    ],
    remedies: [
      'Check the URL: mcpkey profile show',
      'Run it again with --verbose to see each exchange, secrets masked.',
      'If the URL is right, the service changed: report it to whoever wrote the provider (mcpkey provider show PROVIDER).',
    ],
  },
  internal: {
    means: 'A fault in mcpkey itself.',
    seen: ['Something happened that its authors did not think of. What was begun is in journals, as after a crash.'],
    remedies: [
      'Report it where you got mcpkey from, with the report file that the message names. Secrets, the home folder’s name and what was typed behind the command are not in it; read it before you send it.',
      'With --verbose the same command prints where it happened.',
      'What was begun is ended or taken back by the next command, or by: mcpkey rotate --resume',
    ],
  },
  usage: {
    means: 'The command line is wrong, or something is asked for that only a person at a terminal can answer.',
    seen: [
      'A word or option that there is not; the nearest one is named.',
      'A scope that the service does not have, or a key of the wrong form.',
      'A name that fits several keys.',
      'A URL with plain http, or with a password in it.',
      'A question in a script or a CI job, where nobody can answer.',
    ],
    remedies: [
      'mcpkey help COMMAND shows arguments, options and examples.',
      'Where a ref fits several keys, write PROFILE/NAME.',
      'Without a terminal: pipe secrets in with --stdin, and answer questions with --yes.',
    ],
  },
  not_logged_in: {
    means: 'There is no login for this profile, it ended and could not be renewed, or what was typed was refused.',
    seen: ['No one logged in yet.', 'The session ended, and the service renews it no more.', 'A wrong password.'],
    remedies: [
      'mcpkey login PROFILE',
      'In CI: MCPKEY_TOKEN, or MCPKEY_CLIENT_ID and MCPKEY_CLIENT_SECRET, or --github-oidc.',
    ],
  },
  invalid_token: {
    means: 'The service refused the login’s token (401).',
    seen: [
      'The token ended or was revoked at the service.',
      'A token from your own identity provider is for another audience, or its issuer is not known there.',
    ],
    remedies: [
      'mcpkey login PROFILE',
      'Where the token comes from your own identity provider, the message says which of its claims is wrong.',
    ],
  },
  invalid_api_key: {
    means: 'The service refused the key (401): it was revoked, it ended, or it belongs elsewhere.',
    seen: [
      'Someone revoked the key in the dashboard.',
      'Its term is over.',
      'It is the key of another service, or of another environment of this one.',
    ],
    remedies: [
      'mcpkey list shows whether it is active.',
      'mcpkey rotate KEY replaces it wherever it is placed; mcpkey create makes a new one.',
    ],
  },
  api_key_required: {
    means: 'The service got no key (401).',
    seen: [
      'The client’s entry has lost its header or its command.',
      'The header has another name than the service expects.',
    ],
    remedies: [
      'mcpkey verify KEY shows what the endpoint says with it.',
      'If a client asks, its entry has lost the key: mcpkey place KEY CLIENT',
    ],
  },
  insufficient_scope: {
    means: 'The key or login is good, but may not do this (403).',
    seen: [
      'A tool that writes was called with a key that may only read.',
      'The service takes keys from certain addresses alone, and this machine’s is not among them.',
      'The plan does not have what was asked for.',
    ],
    remedies: ['mcpkey show KEY lists its scopes.', 'Make one with the scope that is missing: mcpkey create --scope S'],
  },
  not_found: {
    means: 'There is no such key, profile, client or provider.',
    seen: [
      'A name was mistyped; the nearest one is named.',
      'The key was revoked.',
      'rotate --all where no key was ever kept: in CI, state was lost between two runs.',
    ],
    remedies: ['mcpkey list --all-profiles', 'mcpkey profile list', 'mcpkey clients', 'mcpkey provider list'],
  },
  rate_limited: {
    means: 'The service limits how often it may be asked (429), and the wait is longer than --max-wait.',
    seen: ['Many keys at once, several machines with one key, or the day’s quota of the plan is used up.'],
    remedies: ['Wait as long as the message says (retryAfter, in seconds).', 'Or let mcpkey wait: --max-wait 10m'],
  },
  store_unavailable: {
    means: 'The secret store is not there: no keychain, no identity, no such program.',
    seen: [
      'A server, a container or an SSH session, which have no keychain.',
      'The file of the age identity is gone, or MCPKEY_AGE_IDENTITY names another.',
      'etcd or Vault does not answer.',
    ],
    remedies: [
      'mcpkey store status says what is missing.',
      'Without a keychain (servers, containers): mcpkey store use age, or MCPKEY_STORE=age with MCPKEY_AGE_IDENTITY.',
    ],
  },
  store_locked: {
    means: 'The secret store is there, but locked.',
    seen: ['The desktop’s keyring was not unlocked in this session.', 'Vault is sealed.'],
    remedies: ['Unlock the keychain (log in to the desktop, or unlock it there) and run the same command again.'],
  },
  partial: {
    means: 'Some of several were done, others failed.',
    seen: [
      'One of several keys could not be rotated, or a rotation was left to be resumed.',
      'up --check found something missing.',
    ],
    remedies: [
      'Each row says what became of it; run the same command again: what is done already stays as it is.',
      'A rotation that was left in the middle: mcpkey rotate --resume',
    ],
  },
  unreachable: {
    means: 'The service could not be reached: DNS, TLS, a refused connection, or no answer in time.',
    seen: [
      'A mistyped address, or a network without a way there.',
      'A company’s proxy or certificate authority that Node does not know.',
      'The service is down.',
    ],
    remedies: [
      'Check the address (mcpkey profile show) and the network; behind a proxy set HTTPS_PROXY.',
      'Behind a company’s own certificate authority set NODE_EXTRA_CA_CERTS.',
      'A slow service: --timeout 2m',
    ],
  },
  server_error: {
    means: 'The service failed (5xx), also after being asked again.',
    seen: ['The service is overloaded or being updated.'],
    remedies: ['Try later; what was begun was undone or is named in the message.'],
  },
  interrupted: {
    means: 'The command was stopped (Ctrl-C, SIGTERM), or its question was left with Esc.',
    seen: ['Someone stopped it, or the system ended the session.'],
    remedies: [
      'Run it again; what it had begun is ended or taken back by the next command.',
      'Where a key was being made or replaced, the next command says so: mcpkey rotate --resume',
    ],
  },
};
