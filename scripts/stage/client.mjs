/** A real MCP client (the official SDK's) that does what a desktop client does with an entry of its config. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { getDefaultEnvironment, StdioClientTransport } from '@modelcontextprotocol/client/stdio';

/** The entry of `server` in a config file with an `mcpServers` table. */
export async function readEntry(path, server) {
  const entry = JSON.parse(await readFile(path, 'utf8')).mcpServers?.[server];
  if (entry === undefined) throw new Error(`${path} has no server "${server}"`);
  return entry;
}

/**
 * Connects through the entry with the bare environment that a program launched from the desktop has, lists the tools
 * and calls `call.name`. `home` is that machine's home folder; `own` is laid over the environment.
 */
export async function useEntry(entry, { home, call, own = {} }) {
  const client = new Client({ name: 'demo-client', version: '1.0.0' });
  const env = { ...getDefaultEnvironment(), HOME: home, USERPROFILE: home, ...own };
  await client.connect(await transportOf(entry, env));
  try {
    const { tools } = await client.listTools();
    const result = await client.callTool(call);
    if (result.isError) throw new Error(`${call.name} failed: ${JSON.stringify(result.content)}`);
    return { server: client.getServerVersion(), tools: tools.map((tool) => tool.name), result };
  } finally {
    await client.close();
  }
}

async function transportOf(entry, env) {
  if (entry.command !== undefined) {
    return new StdioClientTransport({ command: entry.command, args: entry.args, env: { ...env, ...entry.env } });
  }
  // The helper is one line for a shell, as the clients that have such a field run it.
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', entry.headersHelper], { env });
  return new StreamableHTTPClientTransport(new URL(entry.url), { requestInit: { headers: JSON.parse(stdout) } });
}
