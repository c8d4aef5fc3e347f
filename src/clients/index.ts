/** The clients that mcpkey knows. A new one is one file, one fixture folder and one line here. */
import { fiveIre } from './5ire.ts';
import { amazonQ } from './amazon-q.ts';
import { amp } from './amp.ts';
import { antigravity } from './antigravity.ts';
import { augment } from './augment.ts';
import { boltai } from './boltai.ts';
import { claudeCode } from './claude-code.ts';
import { claudeDesktop } from './claude-desktop.ts';
import { cline } from './cline.ts';
import { clineCli } from './cline-cli.ts';
import { codex } from './codex.ts';
import { continueDev } from './continue.ts';
import { copilotCli } from './copilot-cli.ts';
import { copilotJetbrains } from './copilot-jetbrains.ts';
import { crush } from './crush.ts';
import { cursor } from './cursor.ts';
import { factoryDroid } from './factory-droid.ts';
import { fastAgent } from './fast-agent.ts';
import { geminiCli } from './gemini-cli.ts';
import { goose } from './goose.ts';
import { grokBuild } from './grok-build.ts';
import { jetbrainsAi } from './jetbrains-ai.ts';
import { junie } from './junie.ts';
import { kiloCode } from './kilo-code.ts';
import { kimiCode } from './kimi-code.ts';
import { kiro } from './kiro.ts';
import { librechat } from './librechat.ts';
import { lmStudio } from './lm-studio.ts';
import { mcpInspector } from './mcp-inspector.ts';
import { mcporter } from './mcporter.ts';
import { mistralVibe } from './mistral-vibe.ts';
import { opencode } from './opencode.ts';
import { qwenCode } from './qwen-code.ts';
import { raycast } from './raycast.ts';
import { rooCode } from './roo-code.ts';
import { trae } from './trae.ts';
import type { Client } from './types.ts';
import { visualStudio } from './visual-studio.ts';
import { vscode } from './vscode.ts';
import { vscodeInsiders } from './vscode-insiders.ts';
import { warp } from './warp.ts';
import { windsurf } from './windsurf.ts';
import { witsy } from './witsy.ts';
import { zed } from './zed.ts';

export const CLIENTS = {
  'claude-code': claudeCode,
  'claude-desktop': claudeDesktop,
  cursor,
  vscode,
  'vscode-insiders': vscodeInsiders,
  codex,
  'gemini-cli': geminiCli,
  windsurf,
  zed,
  opencode,
  cline,
  'cline-cli': clineCli,
  'roo-code': rooCode,
  continue: continueDev,
  goose,
  'copilot-cli': copilotCli,
  'copilot-jetbrains': copilotJetbrains,
  junie,
  amp,
  'qwen-code': qwenCode,
  kiro,
  warp,
  trae,
  'visual-studio': visualStudio,
  'lm-studio': lmStudio,
  librechat,
  crush,
  'factory-droid': factoryDroid,
  'amazon-q': amazonQ,
  antigravity,
  boltai,
  witsy,
  '5ire': fiveIre,
  'kilo-code': kiloCode,
  augment,
  mcporter,
  'mcp-inspector': mcpInspector,
  'fast-agent': fastAgent,
  'kimi-code': kimiCode,
  'grok-build': grokBuild,
  'mistral-vibe': mistralVibe,
  raycast,
  'jetbrains-ai': jetbrainsAi,
} satisfies Readonly<Record<string, Client>>;

export type ClientId = keyof typeof CLIENTS;
