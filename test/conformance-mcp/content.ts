/** Tools, prompts and resources with the fixed names and contents that the conformance suite asks for. */
import { completable, type McpServer, ResourceTemplate, type ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';

/** One red pixel as PNG, and a WAV of no samples. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';
const SILENCE = Buffer.from(
  'RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\0\0\0\0',
  'latin1',
);

export const text = (value: string) => ({ type: 'text' as const, text: value });
const image = { type: 'image' as const, data: PIXEL, mimeType: 'image/png' };
const embedded = (uri: string, mimeType: string, body: string) => ({
  type: 'resource' as const,
  resource: { uri, mimeType, text: body },
});
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export function registerContent(server: McpServer): void {
  const audio = { type: 'audio' as const, data: SILENCE.toString('base64'), mimeType: 'audio/wav' };
  const fixed = {
    test_simple_text: [text('This is a simple text response for testing.')],
    test_image_content: [image],
    test_audio_content: [audio],
    test_embedded_resource: [
      embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.'),
    ],
    test_multiple_content_types: [
      text('Multiple content types test:'),
      image,
      embedded('test://mixed-content-resource', 'application/json', JSON.stringify({ test: 'data', value: 123 })),
    ],
  };
  for (const [name, content] of Object.entries(fixed)) {
    server.registerTool(name, { description: `Answers as ${name}` }, () => ({ content }));
  }
  server.registerTool('test_error_handling', { description: 'Fails always' }, () => {
    throw new Error('This tool intentionally returns an error for testing');
  });
  server.registerTool('test_tool_with_logging', { description: 'Logs three times' }, async (context) => {
    await context.mcpReq.log('info', 'Tool execution started');
    await pause(50);
    await context.mcpReq.log('info', 'Tool processing data');
    await pause(50);
    await context.mcpReq.log('info', 'Tool execution completed');
    return { content: [text('Logged three messages')] };
  });
  server.registerTool('test_logging_tool', { description: 'Logs where it may' }, async (context) => {
    await context.mcpReq.log('info', 'test_logging_tool ran');
    return { content: [text('Logged where the request asked for it')] };
  });
  server.registerTool('test_tool_with_progress', { description: 'Tells its progress' }, async (context) => {
    await progress(context);
    return { content: [text('Done')] };
  });
  registerPrompts(server);
  registerResources(server);
}

async function progress(context: ServerContext): Promise<void> {
  const progressToken = context.mcpReq._meta?.progressToken;
  if (progressToken === undefined) return;
  for (const step of [0, 50, 100]) {
    if (step > 0) await pause(50);
    const params = { progressToken, progress: step, total: 100, message: `Completed step ${step} of 100` };
    await context.mcpReq.notify({ method: 'notifications/progress', params });
  }
}

function registerPrompts(server: McpServer): void {
  const user = <T>(content: T) => ({ role: 'user' as const, content });
  server.registerPrompt('test_simple_prompt', { description: 'No arguments' }, () => ({
    messages: [user(text('This is a simple prompt for testing.'))],
  }));
  const twoArguments = z.object({
    arg1: completable(z.string(), (begun) => ['test', 'tested', 'testing'].filter((each) => each.startsWith(begun))),
    arg2: z.string(),
  });
  server.registerPrompt(
    'test_prompt_with_arguments',
    { description: 'Two arguments', argsSchema: twoArguments },
    ({ arg1, arg2 }) => ({ messages: [user(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`))] }),
  );
  const oneUri = z.object({ resourceUri: z.string() });
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'A resource within', argsSchema: oneUri },
    ({ resourceUri }) => ({
      messages: [
        user(embedded(resourceUri, 'text/plain', 'Embedded resource content for testing.')),
        user(text('Please process the embedded resource above.')),
      ],
    }),
  );
  server.registerPrompt('test_prompt_with_image', { description: 'An image within' }, () => ({
    messages: [user(image), user(text('Please analyze the image above.'))],
  }));
}

function registerResources(server: McpServer): void {
  const plain = (uri: string, body: string) => ({ contents: [{ uri, mimeType: 'text/plain', text: body }] });
  server.registerResource('static-text', 'test://static-text', { mimeType: 'text/plain' }, ({ href }) =>
    plain(href, 'This is the content of the static text resource.'),
  );
  server.registerResource('static-binary', 'test://static-binary', { mimeType: 'image/png' }, ({ href }) => ({
    contents: [{ uri: href, mimeType: 'image/png', blob: PIXEL }],
  }));
  server.registerResource('watched-resource', 'test://watched-resource', { mimeType: 'text/plain' }, ({ href }) =>
    plain(href, 'Watched'),
  );
  const template = new ResourceTemplate('test://template/{id}/data', { list: undefined });
  server.registerResource('template', template, { mimeType: 'application/json' }, ({ href }, { id }) => {
    const body = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${String(id)}` });
    return { contents: [{ uri: href, mimeType: 'application/json', text: body }] };
  });
}
