import zsh from '../../completions/_mcpkey?raw';
import bash from '../../completions/mcpkey.bash?raw';
import fish from '../../completions/mcpkey.fish?raw';
import powershell from '../../completions/mcpkey.ps1?raw';
import { defineCommand } from '../command.ts';
import { UserError } from '../errors.ts';
import { withNearest } from '../nearest.ts';

const SCRIPTS: Readonly<Record<string, string>> = { bash, zsh, fish, powershell };
const SHELLS = Object.keys(SCRIPTS);

export const command = defineCommand({
  summary: 'Print the completion script of a shell',
  details: 'Names of keys, profiles, clients, providers and stores are completed too, from this machine alone.',
  arguments: [{ name: 'SHELL', summary: 'bash, zsh, fish or powershell', required: true, completes: SHELLS }],
  examples: [
    { run: 'source <(mcpkey completion bash)', does: 'in ~/.bashrc' },
    { run: 'source <(mcpkey completion zsh)', does: 'in ~/.zshrc' },
    { run: 'mcpkey completion fish > ~/.config/fish/completions/mcpkey.fish', does: 'once' },
    { run: 'mcpkey completion powershell | Out-String | Invoke-Expression', does: 'in $PROFILE' },
  ],
  hot: true,
  async run({ io }, { args: [shell = ''] }) {
    const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
    if (script === undefined) {
      throw new UserError('usage', withNearest(`There is no completion for "${shell}".`, shell, SHELLS), {
        hint: `mcpkey completion ${SHELLS.join('|')}`,
      });
    }
    if (io.json) io.document({ shell, script });
    else io.out(script.trimEnd());
    return undefined;
  },
});
