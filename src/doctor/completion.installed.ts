import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Context } from '../context.ts';
import { readText } from '../system/files.ts';
import { ok, skipped, warning } from './findings.ts';
import { NONE } from './subjects.ts';
import type { Check, Finding } from './types.ts';

interface Shell {
  /** Files below the home folder that a person's line may stand in. */
  readonly starts: readonly string[];
  /** Where a script of its own is found, below the home folder or absolute. */
  readonly scripts: readonly string[];
  readonly install: string;
  /** What has to be there for those scripts to be read, and the files and the line that do without it. */
  readonly loader?: { readonly paths: readonly string[]; readonly starts: readonly string[]; readonly without: string };
}

const SHELLS: Readonly<Record<string, Shell>> = {
  bash: {
    starts: ['.bashrc', '.bash_profile', '.profile'],
    scripts: [
      '.local/share/bash-completion/completions/mcpkey',
      '/usr/share/bash-completion/completions/mcpkey',
      '/usr/local/share/bash-completion/completions/mcpkey',
      '/etc/bash_completion.d/mcpkey',
      '/opt/homebrew/etc/bash_completion.d/mcpkey',
    ],
    install:
      'mkdir -p ~/.local/share/bash-completion/completions && mcpkey completion bash > ~/.local/share/bash-completion/completions/mcpkey',
    loader: {
      paths: [
        '/usr/share/bash-completion/bash_completion',
        '/usr/local/share/bash-completion/bash_completion',
        '/etc/bash_completion',
        '/usr/local/etc/profile.d/bash_completion.sh',
        '/opt/homebrew/etc/profile.d/bash_completion.sh',
      ],
      starts: ['.bash_completion'],
      without: "mcpkey completion bash > /dev/null && echo 'source <(mcpkey completion bash)' >> ~/.bashrc",
    },
  },
  zsh: {
    starts: ['.zshrc', '.zprofile', '.zshenv'],
    scripts: ['/usr/share/zsh/site-functions/_mcpkey', '/usr/local/share/zsh/site-functions/_mcpkey'],
    install: "mcpkey completion zsh > /dev/null && echo 'source <(mcpkey completion zsh)' >> ~/.zshrc",
  },
  fish: {
    starts: ['.config/fish/config.fish'],
    scripts: ['.config/fish/completions/mcpkey.fish', '/usr/share/fish/vendor_completions.d/mcpkey.fish'],
    install: 'mkdir -p ~/.config/fish/completions && mcpkey completion fish > ~/.config/fish/completions/mcpkey.fish',
  },
};

export const check: Check = {
  id: 'completion.installed',
  title: 'Completion in the shell',
  looksAt: 'Whether your shell completes mcpkey’s words. Skipped where no shell is interactive: in CI, in a pipe.',
  warning: 'Your shell does not complete mcpkey’s commands and names yet.',
  remedies: ['Run the command that is printed, and open a new shell.'],
  async looks({ context }) {
    const shell = basename(context.env.SHELL ?? '');
    return [{ subject: shell || NONE, look: () => look(context, shell) }];
  },
};

async function look({ io, env, home }: Context, name: string): Promise<Finding> {
  const interactive = io.stdoutTty && io.stderrTty && !env.CI;
  const shell = Object.hasOwn(SHELLS, name) ? SHELLS[name] : undefined;
  if (!interactive || shell === undefined) return skipped('No interactive shell that is known runs here.');
  const { loader } = shell;
  const isLoaded = loader === undefined || loader.paths.some(existsSync);
  const scripts = isLoaded ? shell.scripts : [];
  const script = scripts.map((path) => join(path.startsWith('/') ? '' : home, path)).find(existsSync);
  if (script !== undefined) return ok(`${name} completes by ${script}.`);
  for (const start of [...shell.starts, ...(isLoaded ? (loader?.starts ?? []) : [])]) {
    if ((await readText(join(home, start)))?.includes('mcpkey completion'))
      return ok(`${name} completes by ~/${start}.`);
  }
  return warning(
    `${name} does not complete mcpkey’s words.`,
    isLoaded ? shell.install : (loader?.without ?? shell.install),
  );
}
