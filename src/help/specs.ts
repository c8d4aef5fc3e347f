/** completions/commands.json: what can be typed, so that completing a word loads no command. */
import { CLIENTS } from '../clients/index.ts';
import type { CommandNode, CommandTree } from '../command.ts';
import { COMMANDS } from '../commands/index.ts';
import type { SpecNode, Specs, SpecTree } from '../complete.ts';
import { isFamily, STORES } from '../stores/index.ts';

export async function commandSpecs(): Promise<Specs> {
  return {
    commands: await treeOf(COMMANDS),
    clients: Object.values(CLIENTS).map(({ id }) => id),
    stores: Object.keys(STORES).filter((id) => !isFamily(id)),
  };
}

async function treeOf(commands: CommandTree): Promise<SpecTree> {
  const nodes = Object.entries(commands).map(async ([name, node]) => [name, await nodeOf(node)] as const);
  return Object.fromEntries(await Promise.all(nodes));
}

async function nodeOf(node: CommandNode): Promise<SpecNode> {
  if ('commands' in node) return { summary: node.summary, commands: await treeOf(node.commands) };
  const { command } = await node.load();
  const options = Object.entries(command.options ?? {}).map(
    ([key, { kind, summary, short, completes }]) => [key, { kind, summary, short, completes }] as const,
  );
  return {
    summary: node.summary,
    hidden: node.hidden,
    spec: {
      arguments: command.arguments?.map(({ name, summary, variadic, completes }) => ({
        name,
        summary,
        variadic,
        completes,
      })),
      options: options.length === 0 ? undefined : Object.fromEntries(options),
      passthrough: command.passthrough,
    },
  };
}
