/** OpenAI Codex: its list of servers only parses the file; its app server connects. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Listing } from './types.ts';

const STATUS = z.looseObject({
  data: z.array(
    z.looseObject({
      name: z.string(),
      tools: z.record(z.string(), z.unknown()),
      toolsError: z.unknown().optional(),
    }),
  ),
});
const ANSWER = z.looseObject({ id: z.number().optional(), result: z.unknown().optional() });

export const codex: Listing = {
  node: 20,
  async ask({ cwd, env }, server) {
    const child = spawn('codex', ['app-server'], { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
    let output = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    const answers = new Map<number, (result: unknown) => void>();
    createInterface({ input: child.stdout }).on('line', (line) => {
      output += `${line}\n`;
      const { id, result } = ANSWER.parse(JSON.parse(line));
      if (id !== undefined) answers.get(id)?.(result);
    });
    const send = (message: unknown) => child.stdin.write(`${JSON.stringify(message)}\n`);
    const ask = (id: number, method: string, params: unknown) =>
      new Promise((resolve, reject) => {
        answers.set(id, resolve);
        child.on('close', () => reject(new Error(`codex app-server ended:\n${output}`)));
        send({ id, method, params });
      });
    try {
      await ask(1, 'initialize', { clientInfo: { name: 't', title: 't', version: '1' } });
      send({ method: 'initialized' });
      const { data } = STATUS.parse(await ask(2, 'mcpServerStatus/list', {}));
      const found = data.find(({ name }) => name === server);
      if (!found) throw new Error(`codex says nothing of "${server}":\n${output}`);
      const works = Object.keys(found.tools).length > 0 && (found.toolsError ?? null) === null;
      return { verdict: works ? 'connected' : 'failed', output };
    } finally {
      const ended = once(child, 'close');
      child.stdin.end();
      child.kill();
      await ended;
    }
  },
};
