/** What clients share that were one once: builds of VS Code, and OpenCode with those that grew out of it. */
import { UserError } from '../errors.ts';
import { codeUser, inHome, inProject, pathsOf } from './folders.ts';
import { jsonc } from './formats/json.ts';
import type { Shape } from './shapes.ts';
import type { ClientFile, ClientMachine } from './types.ts';

/**
 * The files of a build of VS Code whose folder is `product`: of the profile that everyone has, of each other profile and
 * of the server that a remote window uses, where those have one already.
 */
export function codeFiles(machine: ClientMachine, product: string, server: string): readonly ClientFile[] {
  const { join } = pathsOf(machine);
  const form = { format: 'jsonc', servers: ['servers'] } as const;
  const user = codeUser(machine, product);
  const others = [
    ...machine.names(join(user, 'profiles')).map((name) => join(user, 'profiles', name, 'mcp.json')),
    inHome(machine, server, 'data', 'User', 'mcp.json'),
  ];
  return [
    { scope: 'user', path: join(user, 'mcp.json'), ...form },
    ...others
      .filter((path) => machine.exists(path))
      .map((path) => ({ scope: 'user', path, ...form, mustExist: true }) as const),
    { scope: 'project', path: inProject(machine, '.vscode', 'mcp.json'), ...form },
  ];
}

/** microsoft/vscode-docs, mcp-configuration.md; variables in headers are reported not to work (microsoft/vscode#336232). */
export const codeShape = (title: string): Shape => ({
  title,
  stdio: { type: 'stdio' },
  remote: { type: 'http' },
  variable: (name) => `\${env:${name}}`,
  variableIn: 'local',
});

export const codeNotice = (title: string, server: string): string =>
  `${title} asks once whether you trust "${server}": start it there and accept.`;

/** https://opencode.ai/docs/mcp-servers; without `oauth: false` a bad key would start a login in the browser. */
export const openCodeShape = (title: string): Shape => ({
  title,
  fields: { args: undefined, env: 'environment' },
  stdio: { type: 'local' },
  stdioEnd: { enabled: true },
  remote: { type: 'remote' },
  remoteEnd: { enabled: true, oauth: false },
  variable: (name) => `{env:${name}}`,
});

/** True where the file has a table of tables there: a single server's entry is none. A file that does not parse has none. */
export function hasTables(machine: ClientMachine, path: string, servers: readonly string[]): boolean {
  const text = machine.read(path);
  if (text === undefined) return false;
  try {
    const found = jsonc.parse(text.replace(/^\uFEFF/, ''), path).table({ servers });
    return (
      found !== undefined && Object.values(found).every((each) => typeof each === 'object' && !Array.isArray(each))
    );
  } catch (error) {
    if (error instanceof UserError && error.code === 'bad_config_file') return false;
    throw error;
  }
}
