/** The programs that tell offline whether a server works, by the client's id. */
import { clineCli, continueDev, copilotCli } from './chats.ts';
import { codex } from './codex.ts';
import { mcpInspector } from './mcp-inspector.ts';
import { mcporter } from './mcporter.ts';
import type { Listing } from './types.ts';
import { geminiCli, kiloCode, opencode, qwenCode } from './words.ts';

export const LISTINGS: Readonly<Record<string, Listing>> = {
  'cline-cli': clineCli,
  codex,
  continue: continueDev,
  'copilot-cli': copilotCli,
  'gemini-cli': geminiCli,
  'kilo-code': kiloCode,
  'mcp-inspector': mcpInspector,
  mcporter,
  opencode,
  'qwen-code': qwenCode,
};
