/** docs/providers/: one page a built-in provider, made from its manifest. */
import { loadSource } from '../source.mjs';

const OPERATIONS = { create: 'create', list: 'list', rotate: 'rotate', revoke: 'revoke', usage: 'usage' };
const FIELDS = {
  url: '--url URL',
  mcpUrl: '--mcp-url URL',
  org: '--org ORG',
  header: '--header NAME',
  dashboard: '--dashboard URL',
  keyPattern: '--key-pattern RE',
  command: '--command LINE',
  variable: '--env VAR',
};
const LOGINS = {
  web: '`--web`: the browser (authorization code, PKCE)',
  device: '`--device`: a code entered on another screen (RFC 8628)',
  'client-credentials': '`--client-credentials`: a client id and secret',
  password: '`--password`: e-mail and password',
  token: '`--token-stdin`: a token of your own',
  'github-oidc': '`--github-oidc`: the identity of a GitHub Actions job',
};

/** Markdown by file name; `README.md` lists them. */
export async function providerPages() {
  const { PROVIDERS } = await loadSource('src/providers/index.ts');
  const manifests = await Promise.all(Object.values(PROVIDERS).map((load) => load()));
  const list = [
    '# Providers',
    'A provider is the description of one key API. These are built in; [others are added as a file](../writing-a-provider.md).',
    manifests.map(({ id, title }) => `- [${id}](${id}.md): ${title}`).join('\n'),
  ];
  const pages = manifests.map((manifest) => [`${manifest.id}.md`, page(manifest)]);
  return new Map([['README.md', list.join('\n\n')], ...pages]);
}

function page(manifest) {
  const { id, title, docs } = manifest;
  const parts = [
    `# ${id}`,
    docs === undefined ? `${title}.` : `${title}. Its own pages: <${docs}>`,
    '## Begin',
    block(beginning(manifest)),
    table(['option of `login` and `profile add`', 'means'], fieldRows(manifest)),
    '## Login',
    logins(manifest),
    '## Keys',
    table(['operation', 'how'], operationRows(manifest)),
    ...(manifest.variants ?? []).map(variant),
    keys(manifest),
    scopes(manifest),
    '## Where the key goes',
    access(manifest),
    errors(manifest),
    limits(manifest),
    '[All providers](README.md)',
  ];
  return parts.filter(Boolean).join('\n\n');
}

/** The shortest way to a key in a client. */
function beginning({ id, profile }) {
  const example = (field) => (field.example?.includes(' ') ? field.example : (field.example ?? 'VALUE'));
  if (id === 'generic') {
    return [
      `mcpkey setup ${profile.mcpUrl.example} --place cursor`,
      `mcpkey profile add generic -p acme --command ${profile.command.example} --env ${profile.variable.example}`,
    ];
  }
  const needed = Object.entries(profile).filter(([name, field]) => name !== 'anyOf' && field.required);
  const words = needed.map(([name, field]) => `${FIELDS[name].split(' ')[0]} ${example(field)}`);
  const plain = words.some((word) => word.includes(' http://')) ? ['--allow-http'] : [];
  return [`mcpkey setup ${[id, ...words, ...plain].join(' ')} --place cursor`];
}

const block = (lines) => ['```sh', ...lines, '```'].join('\n');

function fieldRows({ profile }) {
  return Object.entries(FIELDS)
    .filter(([name]) => profile[name] !== undefined)
    .map(([name, option]) => {
      const { required, default: usual, summary, enum: choices } = profile[name];
      const state = required ? 'needed' : usual === undefined ? '' : `default \`${usual}\``;
      const only = choices === undefined ? '' : `one of ${choices.map((choice) => `\`${choice}\``).join(', ')}`;
      return [`\`${option}\``, [summary?.replace(/\.$/, ''), only, state].filter(Boolean).join('; ')];
    });
}

function logins({ logins: methods }) {
  if (methods.length === 0) return 'None: keys are made by hand, in the dashboard.';
  const lines = methods.map(({ method }) => `- ${LOGINS[method] ?? `\`${method}\``}`);
  return `The first that works where the command runs is taken.\n\n${lines.join('\n')}`;
}

function operationRows({ operations }) {
  return Object.keys(OPERATIONS).map((name) => [name, how(operations[name], operations)]);
}

function how(operation, operations) {
  if (operation === undefined)
    return operations.create.mode === 'api' ? 'create, then revoke' : 'by hand, with `create` and `revoke`';
  if (operation.mode === 'unsupported') return `not: ${operation.reason}`;
  if (operation.mode === 'assisted') {
    const steps = operation.steps.map((step, index) => `${index + 1}. ${step}`).join(' ');
    return `by hand${operation.page ? ` at \`${operation.page}\`` : ''}: ${steps}`;
  }
  const request = operation.request ?? operation.stats;
  return `\`${request.method} ${request.path}\``;
}

function variant({ org, summary, operations }) {
  const rows = Object.entries(operations).map(([name, operation]) => [name, how(operation, operations)]);
  return [`### With \`--org ${org}\``, `${summary}.`, table(['operation', 'how'], rows)].join('\n\n');
}

function keys({ key, rules, advice }) {
  const { expiry } = key;
  const term =
    expiry === undefined
      ? 'does not end'
      : `ends after ${expiry.min ?? 1}${expiry.max === undefined ? ' or more' : ` to ${expiry.max}`} ${expiry.unit}${expiry.never ? ', or never' : ''}${expiry.default === undefined ? '' : ` (${expiry.default} unless \`--expires\` says another)`}`;
  const facts = [
    `A key is ${key.form ?? `\`${key.pattern}\``}. It ${term}.`,
    key.nameLimit && `A name has at most ${key.nameLimit} characters, the mark included.`,
    key.mark === 'name' &&
      'It is sent with a mark behind its name (`NAME-mk…`), by which a lost answer is found again.',
    key.mark === 'metadata' && 'Its mark goes into the metadata.',
    rules.maxActive && `At most ${rules.maxActive} may be active at once.`,
    `A rotation makes the new one ${rules.order === 'create-first' ? 'before' : 'after'} it revokes the old one.`,
    advice?.text,
  ];
  return facts.filter(Boolean).join(' ');
}

function scopes({ scopes: { known, default: usual } }) {
  if (known.length === 0) return 'It has no scopes: `--scope` is refused.';
  return table(
    ['scope', 'allows'],
    known.map(({ id, summary }) => [`\`${id}\``, `${summary}${usual.includes(id) ? ' (default)' : ''}`]),
  );
}

function access({ mcp, environment }) {
  const one = (what, { url, suffix = '', header, scheme }) =>
    `- ${what}: \`${header}: ${scheme ? `${scheme} ` : ''}…\` to \`${url.replace('{+mcpUrl}', 'MCP URL')}${suffix}\``;
  const lines = [
    mcp.key && one('a key', mcp.key),
    mcp.login && one('the login’s own token (`PROFILE/@login`)', mcp.login),
    mcp.signing &&
      `- with \`--sign\`, each request is signed (${mcp.signing.algorithm}, \`${mcp.signing.signatureHeader}\`)`,
    environment && `- by convention the variable \`${environment}\``,
  ];
  return lines.filter(Boolean).join('\n');
}

function errors({ errors: rules }) {
  if (rules.length === 0) return '';
  const rows = rules.map(({ when, code, advice }) => [whenOf(when), `[${code}](../errors/${code}.md)`, advice ?? '']);
  return `## Errors that it tells apart\n\n${table(['answer', '`error.code`', 'what to do'], rows)}`;
}

function whenOf({ surface, status, pointer, equals, matches, operation }) {
  const parts = [
    surface === undefined ? '' : surface === 'mcp' ? 'MCP' : 'key API',
    operation && `of ${[operation].flat().join(', ')}`,
    status && `HTTP ${[status].flat().join(', ')}`,
    pointer !== undefined && `\`${pointer}\` is \`${equals}\``,
    matches && `“${matches}”`,
  ];
  return parts.filter(Boolean).join(', ');
}

function limits({ rateLimit }) {
  if (rateLimit === undefined) return '';
  const headers = (rateLimit.headers ?? []).map(({ header }) => `\`${header}\``);
  return headers.length === 0
    ? ''
    : `When it limits (429), ${headers.join(' and ')} ${headers.length === 1 ? 'says' : 'say'} how long.`;
}

function table(heads, rows) {
  if (rows.length === 0) return '';
  const line = (cells) =>
    `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}
