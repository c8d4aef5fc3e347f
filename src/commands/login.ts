import { defineCommand, list } from '../command.ts';
import { LOGIN_OPTIONS, PROFILE_OPTIONS } from '../options.ts';
import { makeProfile } from '../session/connect.ts';
import { environmentCredentials } from '../session/environment.ts';
import { logIn } from '../session/login.ts';
import { whoamiRow } from '../session/state.ts';
import { loginChoice, printLogin, terminalLogin } from '../views/login.ts';

export const command = defineCommand({
  summary: 'Log in to a service',
  details:
    'Without an option for the way, takes the first that the provider names and that works here: the device code over SSH or without a display, and where nobody can be asked only a way that needs no person. A password is never kept. --scope adds to the scopes that the login has; log out first to have fewer.',
  arguments: [{ name: 'PROVIDER|PROFILE', summary: 'the service, or a profile of it', completes: 'profile' }],
  options: {
    ...LOGIN_OPTIONS,
    ...PROFILE_OPTIONS,
    scope: list('S', 'a scope to ask for (repeatable)'),
  },
  examples: [
    { run: 'mcpkey login ai2fin', does: 'the usual way, here' },
    { run: 'mcpkey login stock-data --url http://stock.example:8000 --allow-http', does: 'a service of your own' },
    { run: 'mcpkey login --mcp-url https://mcp.example.com/mcp', does: 'any MCP server that has an OAuth login' },
    { run: 'mcpkey login apexmcp --org acme --client-credentials', does: 'a machine, without a person' },
    {
      run: 'mcpkey login apexmcp --org acme --github-oidc --audience https://gateway.apexmcp.ai',
      does: 'a job of GitHub Actions, with no secret kept there',
    },
    {
      run: 'mcpkey login apexmcp --org acme --issuer https://id.acme.example --client-id cli --audience https://gateway.apexmcp.ai',
      does: 'your own identity provider',
    },
  ],
  async run(context, { args: [word], options }) {
    const choice = loginChoice(options, options.scope);
    const wanted = await makeProfile(context, word, options);
    const screen = await terminalLogin(context, options);
    const { profile, session } = await logIn(context, wanted, choice, screen);
    const row = whoamiRow(profile, session, context.now());
    const { token, variables } = environmentCredentials(context, profile.name);
    if (token) context.io.warn(`${variables[0]} is set, and goes before this login.`);
    if (context.io.json) context.io.document(row);
    else printLogin(context.io, row, context.now());
    return undefined;
  },
});
