/** The clients that mcpkey knows. A new one is one file, one fixture folder and one line here. */
import { claudeCode } from './claude-code.ts';
import { claudeDesktop } from './claude-desktop.ts';
import { cursor } from './cursor.ts';
import type { Client } from './types.ts';

export const CLIENTS = {
  'claude-code': claudeCode,
  'claude-desktop': claudeDesktop,
  cursor,
} satisfies Readonly<Record<string, Client>>;

export type ClientId = keyof typeof CLIENTS;
