import { codeFiles, codeNotice, codeShape } from './families.ts';
import { codeUser } from './folders.ts';
import { shaped } from './shapes.ts';
import type { Client } from './types.ts';

const shape = codeShape('VS Code');

/** Mode `input` is not offered: an input's value is kept by VS Code and cannot be renewed (microsoft/vscode#256102). */
export const vscode: Client = {
  id: 'vscode',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'env', 'plain'],
  localModes: ['env'],
  reload: 'press Restart above the entry in mcp.json, or run "MCP: List Servers" and restart it',
  files: (machine) => codeFiles(machine, 'Code', '.vscode-server'),
  traces: (machine) => ({ programs: ['code'], paths: [codeUser(machine)] }),
  notice: (_scope, _mode, server) => codeNotice(shape.title, server),
};
