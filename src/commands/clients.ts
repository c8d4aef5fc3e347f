import { defineCommand } from '../command.ts';
import { surveyClients } from '../placement/survey.ts';
import { printClients } from '../views/clients.ts';

export const command = defineCommand({
  summary: 'List the MCP clients and where their configuration is',
  details:
    'Every client that mcpkey knows: found here or not, its files, the servers in them, and the modes it supports for a remote server (a local one is wrapped in every client). The modes proxy, helper and wrap hold no secret. Of a client that is not here, the file that would be made is shown.',
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
    printClients(io, survey, context);
    for (const file of survey.flatMap(({ files }) => files)) if (file.error !== null) io.warn(file.error);
    return undefined;
  },
});
