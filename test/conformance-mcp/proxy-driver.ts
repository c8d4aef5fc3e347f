/** What any client would do with a server, in raw JSON-RPC through the built proxy: list, call, read, answer. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { mcpkey, type Run } from './run.ts';

const OBJECT = z.record(z.string(), z.unknown());
const MESSAGE = z.looseObject({
  id: z.union([z.string(), z.number()]).optional(),
  method: z.string().optional(),
  params: OBJECT.optional(),
  result: OBJECT.optional(),
  error: z.looseObject({ code: z.number(), data: z.unknown().optional() }).optional(),
});
type Message = z.infer<typeof MESSAGE>;
export type Ask = (method: string, params?: Record<string, unknown>) => Promise<Message>;

const NAMED = z.array(z.looseObject({ name: z.string(), inputSchema: z.unknown().optional() }));
const CONTEXT = z.object({ toolCalls: z.array(z.object({ name: z.string(), arguments: OBJECT })).optional() });
const OFFER = z.object({ supported: z.array(z.string()) });
const CAPABILITIES = { elicitation: { form: { applyDefaults: true } }, roots: {}, sampling: {} };

export async function driveProxy(run: Run): Promise<number> {
  const env = { MCPKEY_STORE: 'env', SUITE_API_KEY: ['suite', 'key', String(process.pid)].join('-') };
  const added = await mcpkey(run, ['profile', 'add', 'generic', '-p', 'suite', '--mcp-url', run.url], { env });
  if (added.code !== 0) return added.code;
  return throughProxy(run, 'suite', env, (ask) => useServer(run, ask));
}

/** Starts the proxy of `ref`, opens a session where the era has such, lets `use` ask, and ends it. Its exit code. */
export async function throughProxy(
  run: Run,
  ref: string,
  env: Readonly<Record<string, string>>,
  use: (ask: Ask) => Promise<void>,
): Promise<number> {
  const proxy = spawn(process.execPath, [run.entry, 'proxy', ref], {
    env: { ...run.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(proxy, 'exit');
  const waiting = new Map<string | number, (message: Message) => void>();
  const send = (message: Record<string, unknown>): void =>
    void proxy.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  createInterface({ input: proxy.stdout }).on('line', (line) => {
    const message = MESSAGE.parse(JSON.parse(line));
    if (message.id === undefined) return;
    if (message.method !== undefined) send({ id: message.id, result: answerTo(message) });
    else waiting.get(message.id)?.(message);
  });
  const ask = createAsk(run, (id, method, params) => {
    const answer = new Promise<Message>((resolve) => waiting.set(id, resolve));
    send({ id, method, params });
    return answer;
  });
  if (!run.modern) {
    const clientInfo = { name: 'driver', version: '1.0.0' };
    await ask('initialize', { protocolVersion: '2025-11-25', capabilities: CAPABILITIES, clientInfo });
    send({ method: 'notifications/initialized' });
  }
  await use(ask);
  proxy.stdin.end();
  const [code] = await ended;
  return code ?? 1;
}

/** Asks in the scenario's era; once more with a version that the server offers, and for the next round of input. */
function createAsk(
  run: Run,
  send: (id: number, method: string, params: Record<string, unknown>) => Promise<Message>,
): Ask {
  let version = '2026-07-28';
  let ids = 0;
  const askOnce = (method: string, params: Record<string, unknown>): Promise<Message> => {
    ids += 1;
    return send(ids, method, run.modern ? { ...params, _meta: envelope(version) } : params);
  };
  return async (method, params = {}) => {
    const answer = await askOnce(method, params);
    const offered = OFFER.safeParse(answer.error?.data).data?.supported[0];
    if (answer.error?.code === -32_022 && offered !== undefined) {
      version = offered;
      return askOnce(method, params);
    }
    const more = answer.result?.resultType === 'input_required' ? answer.result : undefined;
    return more ? askOnce(method, { ...params, ...given(more) }) : answer;
  };
}

const envelope = (version: string) => ({
  'io.modelcontextprotocol/protocolVersion': version,
  'io.modelcontextprotocol/clientInfo': { name: 'driver', version: '1.0.0' },
  'io.modelcontextprotocol/clientCapabilities': CAPABILITIES,
});

/** The server's questions, answered as a person does who accepts what is offered. */
function answerTo({ method, params }: Message): unknown {
  if (method !== 'elicitation/create') return method === 'roots/list' ? { roots: [] } : {};
  const schema = z.object({ properties: z.record(z.string(), z.looseObject({ default: z.unknown().optional() })) });
  const properties = schema.safeParse(params?.requestedSchema).data?.properties ?? {};
  const defaults = Object.entries(properties).filter(([, field]) => field.default !== undefined);
  return { action: 'accept', content: Object.fromEntries(defaults.map(([name, field]) => [name, field.default])) };
}

/** The next round: an answer to each question, the state as it came (SEP-2322). */
function given(result: Record<string, unknown>): Record<string, unknown> {
  const questions = OBJECT.parse(result.inputRequests ?? {});
  const accepted = { action: 'accept', content: { confirmed: true } };
  const inputResponses = Object.fromEntries(Object.keys(questions).map((key) => [key, accepted]));
  return { inputResponses, ...('requestState' in result && { requestState: result.requestState }) };
}

async function useServer(run: Run, ask: Ask): Promise<void> {
  const list = async (method: string, field: string) => OBJECT.parse((await ask(method)).result ?? {})[field] ?? [];
  const tools = NAMED.parse(await list('tools/list', 'tools'));
  if (run.scenario === 'json-schema-ref-no-deref') return;
  const schema = tools.find((tool) => tool.name === 'json_schema_2020_12_tool')?.inputSchema;
  const usual: Record<string, Record<string, unknown>> = {
    add_numbers: { a: 5, b: 3 },
    json_schema_echo: { schema },
    valid_tool: { region: 'us-west1' },
  };
  const calls =
    CONTEXT.parse(run.context).toolCalls ?? tools.map(({ name }) => ({ name, arguments: usual[name] ?? {} }));
  for (const call of calls) await ask('tools/call', call);
  if (run.scenario !== 'http-standard-headers') return;
  const resources = z.array(z.looseObject({ uri: z.string() })).parse(await list('resources/list', 'resources'));
  for (const { uri } of resources) await ask('resources/read', { uri });
  for (const { name } of NAMED.parse(await list('prompts/list', 'prompts')))
    await ask('prompts/get', { name, arguments: {} });
}
