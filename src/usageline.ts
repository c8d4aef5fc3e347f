import type { ArgumentSpec, Command } from './command.ts';

/** `usage: mcpkey place KEY TARGET… [options]` */
export function usageLine(words: readonly string[], command: Command): string {
  const parts = ['usage: mcpkey', ...words, ...(command.arguments ?? []).map(shown)];
  if (Object.keys(command.options ?? {}).length > 0) parts.push('[options]');
  if (command.passthrough === true) parts.push('-- COMMAND…');
  return parts.join(' ');
}

function shown({ name, required, variadic }: ArgumentSpec): string {
  const word = variadic === true ? `${name}…` : name;
  return required === true ? word : `[${word}]`;
}
