/** The server that the conformance suite is run against, directly and through the proxy. Prints its URL; ends with stdin. */
import { localhostHostValidation, localhostOriginValidation } from '@modelcontextprotocol/node';
import { startMcpServer } from '../helpers/mcp-server.ts';
import { registerContent } from './content.ts';
import { registerQuestions, registerRounds, stateCodec } from './questions.ts';

const key = process.env.CONFORMANCE_KEY;
const validHost = localhostHostValidation();
const validOrigin = localhostOriginValidation();
const hint = { ttlMs: 60_000, cacheScope: 'public' as const };

const server = await startMcpServer({
  era: 'dual',
  name: 'everything',
  bare: true,
  guard: (request, response) => validHost(request, response) && validOrigin(request, response),
  authorize: (headers) =>
    key === undefined || headers.authorization === `Bearer ${key}`
      ? undefined
      : { status: 401, body: { jsonrpc: '2.0', id: null, error: { code: -32_001, message: 'Invalid API key' } } },
  serverOptions: {
    capabilities: {
      completions: {},
      logging: {},
      prompts: { listChanged: true },
      resources: { subscribe: true },
      tools: { listChanged: true },
    },
    cacheHints: {
      'tools/list': hint,
      'prompts/list': hint,
      'resources/list': hint,
      'resources/templates/list': hint,
      'resources/read': hint,
    },
    requestState: { verify: stateCodec.verify },
  },
  register(mcp) {
    registerContent(mcp);
    registerQuestions(mcp);
    registerRounds(mcp);
    mcp.server.setRequestHandler('resources/subscribe', () => ({}));
    mcp.server.setRequestHandler('resources/unsubscribe', () => ({}));
    const changes = {
      test_trigger_tool_change: 'announceTools',
      test_trigger_prompt_change: 'announcePrompts',
    } as const;
    for (const [name, announce] of Object.entries(changes)) {
      mcp.registerTool(name, { description: 'Announces a change' }, () => {
        server[announce]();
        return { content: [{ type: 'text', text: 'announced' }] };
      });
    }
  },
});
process.stdout.write(`${server.url.replace('127.0.0.1', 'localhost')}\n`);
process.stdin.resume().on('end', () => void server.close());
