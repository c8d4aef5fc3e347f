/** One stdio MCP server as a child: messages in, messages out, one JSON-RPC message a line. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { JSONRPCMessage } from '@modelcontextprotocol/server';

export interface Child {
  send(message: unknown): void;
  stop(): Promise<void>;
}

/** Starts `command` (a program and its arguments); what it says on stderr is ours. */
export function startChild(command: readonly string[], received: (message: JSONRPCMessage) => void): Child {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.on('error', () => undefined);
  createInterface({ input: child.stdout }).on('line', (line) => received(JSON.parse(line)));
  const ended = once(child, 'exit');
  return {
    send: (message) => void child.stdin.write(`${JSON.stringify(message)}\n`),
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}
