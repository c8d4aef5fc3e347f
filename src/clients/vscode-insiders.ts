import { codeFiles, codeNotice, codeShape } from './families.ts';
import { codeUser } from './folders.ts';
import { shaped } from './shapes.ts';
import type { Client } from './types.ts';

const PRODUCT = 'Code - Insiders';
const shape = codeShape('VS Code Insiders');

export const vscodeInsiders: Client = {
  id: 'vscode-insiders',
  ...shaped(shape),
  modes: ['proxy', 'wrap', 'env', 'plain'],
  localModes: ['env'],
  reload: 'press Restart above the entry in mcp.json, or run "MCP: List Servers" and restart it',
  files: (machine) => codeFiles(machine, PRODUCT, '.vscode-server-insiders'),
  traces: (machine) => ({ programs: ['code-insiders'], paths: [codeUser(machine, PRODUCT)] }),
  notice: (_scope, _mode, server) => codeNotice(shape.title, server),
};
