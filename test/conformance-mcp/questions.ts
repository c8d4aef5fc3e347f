/** Tools that ask the client: by requests of their own (2025-11-25), and by rounds of input (2026-07-28, SEP-2322). */
import { randomBytes } from 'node:crypto';
import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  createRequestStateCodec,
  type ElicitRequestFormParams,
  inputRequired,
  inputResponse,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { text } from './content.ts';

/** Seals the state that goes through the client, so that a changed one is refused. */
export const stateCodec = createRequestStateCodec<{ readonly round: number }>({ key: randomBytes(32) });

const answer = (value: string) => ({ content: [text(value)] });
const ask = (message: string, field: string, schema: z.ZodType = z.string()) =>
  inputRequired.elicit({ message, requestedSchema: z.object({ [field]: schema }) });
const sample = (question: string, maxTokens: number) =>
  inputRequired.createMessage({ messages: [{ role: 'user', content: text(question) }], maxTokens });

export function registerQuestions(server: McpServer): void {
  server.registerTool(
    'test_sampling',
    { description: 'Asks the model', inputSchema: z.object({ prompt: z.string() }) },
    async ({ prompt }, context) => {
      const messages = [{ role: 'user' as const, content: text(prompt) }];
      const { content } = await context.mcpReq.requestSampling({ messages, maxTokens: 100 });
      return answer(`LLM response: ${JSON.stringify(content)}`);
    },
  );
  const elicit = (name: string, message: string, properties: Properties, required: string[] = []) =>
    server.registerTool(
      name,
      { description: 'Asks the person', inputSchema: z.object({ message: z.string().optional() }) },
      async (input, context) => {
        const requestedSchema = { type: 'object' as const, properties, required };
        const asked = await context.mcpReq.elicitInput({ message: input.message ?? message, requestedSchema });
        return answer(`Elicitation completed: action=${asked.action}, content=${JSON.stringify(asked.content)}`);
      },
    );
  const word = { type: 'string' as const, description: "User's response" };
  elicit('test_elicitation', '', { username: word, email: word }, ['username', 'email']);
  elicit('test_elicitation_sep1034_defaults', 'Check the defaults', DEFAULTS);
  elicit('test_elicitation_sep1330_enums', 'Choose', ENUMS);
}

type Properties = ElicitRequestFormParams['requestedSchema']['properties'];

const DEFAULTS: Properties = {
  name: { type: 'string', default: 'John Doe' },
  age: { type: 'integer', default: 30 },
  score: { type: 'number', default: 95.5 },
  status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
  verified: { type: 'boolean', default: true },
};
const numbered = (value: string, title: string) =>
  ['First', 'Second', 'Third'].map((nth, index) => ({ const: `${value}${index + 1}`, title: `${nth} ${title}` }));
const ENUMS: Properties = {
  untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
  titledSingle: { type: 'string', oneOf: numbered('value', 'Option') },
  legacyEnum: {
    type: 'string',
    enum: ['opt1', 'opt2', 'opt3'],
    enumNames: ['Option One', 'Option Two', 'Option Three'],
  },
  untitledMulti: { type: 'array', items: { type: 'string', enum: ['option1', 'option2', 'option3'] } },
  titledMulti: { type: 'array', items: { anyOf: numbered('value', 'Choice') } },
};

export function registerRounds(server: McpServer): void {
  const named = z.object({ name: z.string() });
  server.registerTool('test_input_required_result_elicitation', { description: 'One question' }, (context) => {
    const given = acceptedContent(context.mcpReq.inputResponses, 'user_name', named);
    if (given) return answer(`Hello, ${given.name}!`);
    return inputRequired({ inputRequests: { user_name: ask('What is your name?', 'name') } });
  });
  server.registerTool('test_input_required_result_sampling', { description: 'One sampling' }, (context) => {
    const given = inputResponse(context.mcpReq.inputResponses, 'capital_question');
    if (given.kind === 'sampling') return answer(JSON.stringify(given.result.content));
    return inputRequired({ inputRequests: { capital_question: sample('What is the capital of France?', 100) } });
  });
  server.registerTool('test_input_required_result_list_roots', { description: 'The roots' }, (context) => {
    const given = inputResponse(context.mcpReq.inputResponses, 'client_roots');
    if (given.kind === 'roots') return answer(given.roots.map((root) => root.uri).join(', '));
    return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
  });
  registerStates(server);
  registerCapabilities(server);
  const described = z.object({ context: z.string() });
  server.registerPrompt('test_input_required_result_prompt', { description: 'Asks first' }, (context) => {
    const given = acceptedContent(context.mcpReq.inputResponses, 'user_context', described);
    if (given) return { messages: [{ role: 'user', content: text(`In the context of ${given.context}`) }] };
    return inputRequired({ inputRequests: { user_context: ask('What context should the prompt use?', 'context') } });
  });
}

function registerStates(server: McpServer): void {
  const confirm = { confirm: ask('Please confirm', 'ok', z.boolean()) };
  for (const name of ['request_state', 'tampered_state']) {
    server.registerTool(`test_input_required_result_${name}`, { description: 'Keeps state' }, async (context) => {
      const confirmed = acceptedContent(context.mcpReq.inputResponses, 'confirm');
      if (confirmed && context.mcpReq.requestState()) return answer('state-ok');
      return inputRequired({ inputRequests: confirm, requestState: await stateCodec.mint({ round: 1 }, context) });
    });
  }
  server.registerTool(
    'test_input_required_result_multiple_inputs',
    { description: 'Three at once' },
    async (context) => {
      const { inputResponses } = context.mcpReq;
      const kinds = ['user_name', 'greeting', 'client_roots'].map((key) => inputResponse(inputResponses, key).kind);
      if (!kinds.includes('missing') && context.mcpReq.requestState()) return answer(kinds.join(', '));
      return inputRequired({
        inputRequests: {
          user_name: ask('What is your name?', 'name'),
          greeting: sample('Generate a greeting', 50),
          client_roots: inputRequired.listRoots(),
        },
        requestState: await stateCodec.mint({ round: 1 }, context),
      });
    },
  );
  server.registerTool('test_input_required_result_multi_round', { description: 'Two rounds' }, async (context) => {
    const state = context.mcpReq.requestState<{ round: number }>();
    const { inputResponses } = context.mcpReq;
    if (state?.round === 2 && acceptedContent(inputResponses, 'step2')) return answer('Both steps are done');
    const second = state?.round === 1 && acceptedContent(inputResponses, 'step1') !== undefined;
    return inputRequired({
      inputRequests: second
        ? { step2: ask('Step 2: What is your favorite color?', 'color') }
        : { step1: ask('Step 1: What is your name?', 'name') },
      requestState: await stateCodec.mint({ round: second ? 2 : 1 }, context),
    });
  });
}

/** What the client says in this request that it can do. */
const declared = ({ mcpReq }: ServerContext): unknown =>
  Object.entries(mcpReq.envelope ?? {}).find(([name]) => name === CLIENT_CAPABILITIES_META_KEY)?.[1] ?? {};

function registerCapabilities(server: McpServer): void {
  server.registerTool('test_input_required_result_capabilities', { description: 'Asks what it may' }, (context) => {
    const can = z.record(z.string(), z.unknown()).parse(declared(context));
    const inputRequests = {
      ...(can.elicitation !== undefined && { user_name: ask('What is your name?', 'name') }),
      ...(can.sampling !== undefined && { greeting: sample('Generate a greeting', 50) }),
      ...(can.roots !== undefined && { client_roots: inputRequired.listRoots() }),
    };
    return Object.keys(inputRequests).length > 0 ? inputRequired({ inputRequests }) : answer('Nothing may be asked');
  });
  server.registerTool('test_missing_capability', { description: 'Needs sampling' }, (context) => {
    const given = inputResponse(context.mcpReq.inputResponses, 'answer');
    if (given.kind === 'sampling') return answer('Sampled');
    return inputRequired({ inputRequests: { answer: sample('Anything', 10) } });
  });
  server.registerTool('test_streaming_elicitation', { description: 'Asks in its answer' }, async (context) => {
    if (acceptedContent(context.mcpReq.inputResponses, 'name')) return answer('Streamed');
    return inputRequired({ inputRequests: { name: ask('What is your name?', 'name') } });
  });
}
