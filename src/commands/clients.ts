import { defineCommand } from '../command.ts';
import { type ClientSurvey, surveyClients } from '../placement/survey.ts';

interface Line {
  readonly client: ClientSurvey;
  readonly file: ClientSurvey['files'][number];
}

export const command = defineCommand({
  summary: 'List the MCP clients and where their configuration is',
  details:
    'Every client that mcpkey knows: found here or not, its files, the servers in them, and the modes it supports for a remote server (a local one is wrapped in every client). The modes proxy, helper and wrap hold no secret.',
  examples: [
    { run: 'mcpkey clients', does: 'what is on this machine, and what the current folder’s project files hold' },
    { run: 'mcpkey clients --json', does: 'the same for a script' },
  ],
  async run(context) {
    const { io } = context;
    const survey = await surveyClients(context);
    if (io.json) {
      io.document(survey);
      return undefined;
    }
    const lines = survey.flatMap((client) => client.files.map((file): Line => ({ client, file })));
    io.table(lines, [
      { title: 'CLIENT', text: ({ client }) => client.id },
      { title: 'FOUND', text: ({ client }) => (client.found ? io.color('green', 'yes') : io.dim('no')) },
      { title: 'SCOPE', text: ({ file }) => file.scope },
      { title: 'FILE', text: ({ file }) => (file.exists ? file.path : io.dim(file.path)), rank: 1 },
      {
        title: 'SERVERS',
        text: ({ file }) => (file.error === null ? file.servers.join(', ') : io.color('red', 'broken')),
      },
      { title: 'MODES', text: ({ client }) => client.modes.join(', '), rank: 2 },
    ]);
    for (const { file } of lines) if (file.error !== null) io.warn(file.error);
    return undefined;
  },
});
