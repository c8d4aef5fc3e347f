import { defineCommand } from '../../command.ts';
import type { Io } from '../../io.ts';
import { providerRow } from '../../plugins/summary.ts';
import type { Manifest } from '../../providers/types.ts';
import { hostInWords } from '../../views/providers.ts';

export const command = defineCommand({
  summary: 'Show one provider',
  details: 'What a profile needs, how to log in, the scopes and their meaning, the form and term of a key.',
  arguments: [{ name: 'PROVIDER', summary: 'its id', required: true, completes: 'provider' }],
  examples: [
    { run: 'mcpkey provider show ai2fin', does: 'its logins, scopes and key' },
    { run: 'mcpkey provider show ai2fin --json', does: 'the whole manifest' },
  ],
  async run(context, { args: [id = ''] }) {
    const entry = await context.provider(id);
    const row = providerRow(entry);
    const { io } = context;
    if (io.json) {
      io.document({ ...row, manifest: entry.manifest });
      return undefined;
    }
    io.out(io.bold(`${row.title} (${row.id}, ${row.source})`));
    const facts: readonly (readonly [string, string])[] = [
      ['docs', entry.manifest.docs ?? ''],
      ['hosts', row.hosts.map(hostInWords).join(', ')],
      ...Object.entries(row.operations),
      ['login', loginsOf(entry.manifest)],
      ['key', keyOf(entry.manifest)],
      ['variable', entry.manifest.environment ?? ''],
      ['advice', entry.manifest.advice?.text ?? ''],
    ];
    for (const [name, text] of facts) if (text !== '') io.out(`  ${name.padEnd(9)} ${text}`);
    printFields(io, entry.manifest);
    printScopes(io, entry.manifest);
    return undefined;
  },
});

const OPTIONS = {
  url: '--url',
  mcpUrl: '--mcp-url',
  org: '--org',
  header: '--header',
  dashboard: '--dashboard',
  keyPattern: '--key-pattern',
  command: '--command',
  variable: '--env',
} as const;

const loginsOf = ({ logins }: Manifest) =>
  logins.map(({ method }) => (method === 'token' ? '--token-stdin' : `--${method}`)).join(', ') || 'none';

function keyOf({ key }: Manifest): string {
  const { expiry } = key;
  const term = expiry
    ? `expires (${expiry.max === undefined ? '' : `at most ${expiry.max} ${expiry.unit}, `}${expiry.never ? 'or never' : 'always'})`
    : 'does not expire';
  return `${key.form ?? key.pattern}; ${term}`;
}

function printFields(io: Io, { profile }: Manifest): void {
  const { anyOf: _, ...fields } = profile;
  for (const [id, option] of Object.entries(OPTIONS)) {
    const field = Object.entries(fields).find(([name]) => name === id)?.[1];
    if (!field) continue;
    const state = field.required ? 'needed' : field.default === undefined ? '' : `default ${field.default}`;
    io.out(`  ${option.padEnd(14)} ${[state, field.summary ?? ''].filter((part) => part !== '').join('; ')}`);
  }
}

function printScopes(io: Io, { scopes }: Manifest): void {
  if (scopes.known.length === 0) return;
  io.out('Scopes:');
  for (const { id, summary } of scopes.known) {
    io.out(`  ${id.padEnd(22)} ${summary}${scopes.default.includes(id) ? ' (default)' : ''}`);
  }
}
