/** What a project's mcpkey.json may say. No secret and no command has a place in it: it is committed, and cloned by others. */
import { z } from 'zod';
import { UserError } from '../errors.ts';

const address = z.string().regex(/^https?:\/\/[^\s]+$/, 'not an http or https address');
const word = z
  .string()
  .regex(/^[^/@\u0000-\u001f\u007f-\u009f][^/\u0000-\u001f\u007f-\u009f]*$/, 'has a / or begins with @');
/** Nothing else in braces is filled in. */
const FILLED = /^(?!.*\{(?!(?:user|host)\})\w*\})/;
const duration = z.string().regex(/^(?:\d+[smhdw]|never)$/, 'not a duration such as 90d, and not "never"');

const server = z.strictObject({
  provider: z.string().min(1).describe('Id of the provider'),
  profile: word.optional().describe('Name of the profile here; the provider’s id, or for generic the host’s name'),
  url: address.optional().describe('Where the key API is'),
  mcpUrl: address.optional().describe('Where the MCP endpoint is'),
  org: z.string().min(1).optional().describe('The organisation, where the service has such'),
  header: z.string().min(1).optional().describe('generic: the header that carries the key, NAME or NAME: SCHEME'),
  dashboard: address.optional().describe('generic: the page where keys are made'),
  keyPattern: z.string().min(1).optional().describe('generic: a regular expression that every key matches'),
  key: word
    .regex(FILLED, 'has a placeholder other than {user} and {host}')
    .default('{user}-{host}')
    .describe('Name of the key; {user} and {host} are filled in'),
  scopes: z.array(z.string().min(1)).optional().describe('Scopes of the key; the provider’s default where absent'),
  expires: duration.optional().describe('When a new key ends: a duration such as 90d, or never'),
  clients: z.array(z.string().min(1)).default([]).describe('Clients that get the server'),
});

const plugin = z.strictObject({
  from: z.string().min(1).describe('An https address, or a path below this folder'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'not 64 hex digits')
    .describe('SHA-256 of that file'),
});

const project = z.strictObject({
  $schema: z.string().optional(),
  name: word.optional().describe('The project’s name; the folder’s where absent'),
  providers: z
    .record(z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'not an id'), plugin)
    .optional()
    .describe('Where plugins come from, by the provider’s id'),
  servers: z.record(word, server).describe('Servers by their name in the clients'),
});

export type ProjectFile = z.infer<typeof project>;
export type ProjectServer = z.infer<typeof server>;

/** As it is written, before what is left out is filled in. */
export type ProjectInput = z.input<typeof project>;

/** Throws `bad_config_file` with the path of each fault. */
export function checkProject(value: unknown, file: string): ProjectFile {
  const parsed = project.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `  ${jsonPath(path)}: ${message}`);
  throw new UserError('bad_config_file', [`${file} is no project file:`, ...faults].join('\n'), {
    hint: 'Mend it, then run: mcpkey up   Editors complete it with schema/project.json.',
  });
}

const jsonPath = (path: readonly PropertyKey[]) =>
  path.reduce<string>((text, part) => (typeof part === 'number' ? `${text}[${part}]` : `${text}.${String(part)}`), '$');

/** The JSON Schema (draft 2020-12) that is published as schema/project.json. */
export function projectJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(project, { target: 'draft-2020-12', io: 'input' });
  return { ...schema, title: 'mcpkey project', description: 'The MCP servers of a project, for mcpkey up.' };
}
