/** A language model's stub: it rolls the die that a server offers, then says one word, as the OpenAI API streams it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

export interface Model {
  /** Base URL, `/v1` included. */
  readonly url: string;
  close(): Promise<void>;
}

const CHAT = z.looseObject({
  messages: z.array(z.looseObject({ role: z.string() })).default([]),
  tools: z.array(z.looseObject({ function: z.looseObject({ name: z.string() }).optional() })).default([]),
});

export async function startModel(): Promise<Model> {
  const server = createServer(async (request, response) => {
    const chunks: Uint8Array[] = [];
    for await (const each of request) chunks.push(each);
    if (request.method === 'GET') {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ object: 'list', data: [{ id: 'gpt-4o', object: 'model' }] }));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const chat = CHAT.parse(JSON.parse(Buffer.concat(chunks).toString()));
    for (const part of answer(chat)) response.write(`data: ${JSON.stringify(part)}\n\n`);
    response.end('data: [DONE]\n\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Calls the die of the tests' service where it is offered and was not rolled yet; else says one word. */
function answer({ messages, tools }: z.infer<typeof CHAT>): unknown[] {
  const name = tools.map((tool) => tool.function?.name ?? '').find((each) => /roll$/.test(each));
  if (name === undefined || messages.at(-1)?.role === 'tool') {
    return [chunk({ role: 'assistant', content: 'ok' }, null), chunk({}, 'stop')];
  }
  const call = { index: 0, id: `call_${messages.length}`, type: 'function', function: { name, arguments: '{}' } };
  return [chunk({ role: 'assistant', tool_calls: [call] }, null), chunk({}, 'tool_calls')];
}

const chunk = (delta: unknown, finish: string | null) => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'gpt-4o',
  choices: [{ index: 0, delta, finish_reason: finish }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});
