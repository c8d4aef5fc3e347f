import type { Column, Io } from '../io.ts';
import type { ProviderRow } from '../plugins/summary.ts';

/** The columns of `provider list`. */
export const providerColumns = (io: Io): readonly Column<ProviderRow>[] => [
  { title: 'PROVIDER', text: (row) => row.id },
  { title: 'TITLE', text: (row) => row.title, rank: 2 },
  { title: 'SOURCE', text: (row) => row.source, rank: 3 },
  ...(['create', 'rotate', 'revoke', 'usage'] as const).map((id) => ({
    title: id.toUpperCase(),
    text: (row: ProviderRow) => paint(io, row.operations[id]),
    rank: 1,
  })),
  { title: 'HOSTS', text: (row) => row.hosts.map(hostInWords).join(' '), rank: 4 },
];

const paint = (io: Io, mode: 'api' | 'assisted' | 'unsupported') =>
  mode === 'api' ? io.color('green', 'api') : mode === 'assisted' ? io.color('yellow', 'assisted') : io.dim('-');

/** `{url}` stands for what the profile says. */
export const hostInWords = (host: string) =>
  host === '{url}' ? '(your --url)' : host === '{mcpUrl}' ? '(your --mcp-url)' : host;
