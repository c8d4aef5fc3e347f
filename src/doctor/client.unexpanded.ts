import type { Client, ClientFile, EntryRequest } from '../clients/types.ts';
import { UserError } from '../errors.ts';
import { failure, ok, together } from './findings.ts';
import type { FileState, ServerEntry } from './scope/clients.ts';
import { takeOver } from './scope/takeover.ts';
import { placeCommand } from './scope/words.ts';
import { eachClient } from './subjects.ts';
import type { Check, Finding, Scope } from './types.ts';

export const check: Check = {
  id: 'client.unexpanded',
  title: 'References that the client does not expand',
  looksAt:
    'Each header, variable and address of every client’s servers: a reference to an environment variable, in a spelling that this client does not know.',
  error: 'The client sends the reference itself in place of the key.',
  remedies: [
    'Let mcpkey hand over the key: mcpkey place KEY CLIENT --name SERVER --force',
    'Or write the reference as this client spells it.',
  ],
  looks: eachClient(async ({ client, files }, scope) => {
    const looked = files.flatMap((file) => file.servers.map((server) => look(client, server, file, scope)));
    return together(await Promise.all(looked), `${client.title} has no server here.`);
  }),
};

/** How a reference is spelt; `named`: the variable's bare name, in a field for it. */
type Spelling = 'braces' | 'env' | 'curly' | 'secrets';

const SPELLINGS: readonly (readonly [Spelling, RegExp])[] = [
  ['secrets', /\$\{\{\s*secrets\.\w+\s*\}\}/],
  ['env', /\$\{env:[A-Za-z_]\w*\}/],
  ['curly', /\{env:[A-Za-z_]\w*\}/],
  ['braces', /\$\{[A-Z_][A-Z0-9_]*(?::-[^}]*)?\}/],
];

const spellingOf = (text: string): Spelling | undefined => SPELLINGS.find(([, pattern]) => pattern.test(text))?.[0];

async function look(client: Client, server: ServerEntry, { file }: FileState, scope: Scope): Promise<Finding> {
  const { name, parts, owned } = server;
  const inHeaders = [...Object.values(parts.headers), parts.url ?? ''];
  const inProcess = [...Object.values(parts.env), ...parts.args];
  const unknown = (texts: readonly string[], known: Spelling | undefined) =>
    texts.find((text) => ![undefined, known].includes(spellingOf(text)));
  const wrong =
    unknown(inHeaders, spelling(client, file, 'remote')) ?? unknown(inProcess, spelling(client, file, 'local'));
  if (wrong === undefined) return ok(`"${name}" has no reference that ${client.title} does not expand.`);
  const reference = SPELLINGS.map(([, pattern]) => pattern.exec(wrong)?.[0]).find((text) => text !== undefined) ?? '';
  const site = { client: client.id, scope: file.scope, server: name, url: parts.url };
  const again = owned && placeCommand(owned.owned.ref, owned.owned.placement);
  const fix =
    again ??
    (await takeOver(scope, site)) ??
    `Write it as ${client.title} spells it, or keep the key with mcpkey: mcpkey import NAME`;
  return failure(`"${name}" in ${file.path}: ${client.title} sends ${reference} as it stands there.`, fix);
}

const VARIABLE = 'MCPKEY_SAMPLE_KEY';
const REQUESTS: Readonly<Record<'remote' | 'local', EntryRequest>> = {
  remote: {
    mode: 'env',
    url: 'https://mcp.example/mcp',
    headers: { Authorization: { prefix: 'Bearer ', variable: VARIABLE } },
  },
  local: { mode: 'env', run: { command: 'server', args: [], env: {} }, variables: { API_KEY: VARIABLE } },
};

/** How the client itself spells one, as its own entry shows; undefined where it expands none. */
function spelling(client: Client, file: ClientFile, where: 'remote' | 'local'): Spelling | undefined {
  try {
    const site = { server: 'sample', platform: process.platform, scope: file.scope, file } as const;
    return spellingOf(JSON.stringify(client.entry(REQUESTS[where], site)));
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
