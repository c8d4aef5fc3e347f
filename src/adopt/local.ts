/** What a local server's entry needs to go on working without its keys in it. */
import type { EntryParts } from '../clients/types.ts';
import { shellWord } from '../typed.ts';
import type { Finding } from './find.ts';
import type { Reading } from './read.ts';

interface Split {
  /** The command line, without what was taken out of it. */
  readonly words: readonly string[];
  /** Values by the variable that takes them. */
  readonly keys: ReadonlyMap<string, string>;
  readonly variables: Readonly<Record<string, string>>;
}

export function readLocal(
  parts: EntryParts,
  findings: readonly Pick<Finding, 'name' | 'value'>[],
  platform: NodeJS.Platform,
): Reading {
  const secrets = findings.map(({ value }) => value.reveal());
  const split = splitKeys(parts, (text) => secrets.some((secret) => text.includes(secret)));
  const wrong = [...split.keys.keys()].find((name) => !/^[A-Za-z_]\w*$/.test(name));
  if (wrong !== undefined) return { left: `"${wrong}" is no name of a variable` };
  const onLine = findings.filter(({ value }) => split.words.some((word) => word.includes(value.reveal())));
  if (onLine.length > 0) return viaShell(split, onLine, platform);
  if (split.keys.size === 0) return { left: 'where the key goes is not known' };
  return { lift: { kind: 'local', command: split.words, variables: split.variables, keys: listOf(split.keys) } };
}

const listOf = (keys: ReadonlyMap<string, string>) => [...keys].map(([variable, key]) => ({ variable, key }));

/** A variable that is given on docker's command line is handed on from the environment just as well. */
function splitKeys({ command = '', args, env }: EntryParts, holdsKey: (text: string) => boolean): Split {
  const keys = new Map<string, string>();
  const words = [command, ...args].map((word, index, all) => {
    const [, option = '', name, value = ''] = /^(--env=)?([A-Za-z_]\w*)=([\s\S]*)$/.exec(word) ?? [];
    const given = option !== '' || /^(?:-e|--env)$/.test(all[index - 1] ?? '');
    if (name === undefined || !given || !holdsKey(value)) return word;
    keys.set(name, value);
    return `${option}${name}`;
  });
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (holdsKey(value)) keys.set(name, value);
    else variables[name] = value;
  }
  return { words, keys, variables };
}

/** A server that takes its key on the command line alone is started by a shell that puts it there from a variable. */
function viaShell(
  split: Split,
  onLine: readonly Pick<Finding, 'name' | 'value'>[],
  platform: NodeJS.Platform,
): Reading {
  if (platform === 'win32')
    return { left: 'the server takes the key on its command line; see whether it takes it from a variable too' };
  const keys = new Map(split.keys);
  const byValue = new Map<string, string>();
  for (const { name, value } of onLine) {
    const variable = byValue.get(value.reveal()) ?? freeVariable(name ?? 'key', keys);
    keys.set(variable, value.reveal());
    byValue.set(value.reveal(), variable);
  }
  const note = 'The server takes the key on its command line, where other programs of this machine can see it.';
  const line = split.words.map((word) => wordWithVariables(word, byValue) || "''").join(' ');
  const command = ['/bin/sh', '-c', `exec ${line}`];
  const lift = {
    kind: 'local',
    command,
    variables: split.variables,
    keys: listOf(keys),
    named: split.words,
    note,
  } as const;
  return { lift };
}

/** The word for a shell, with variables where it holds their values; empty for an empty one. */
function wordWithVariables(word: string, byValue: ReadonlyMap<string, string>): string {
  for (const [value, variable] of byValue) {
    const at = word.indexOf(value);
    if (at === -1) continue;
    const [head, tail] = [word.slice(0, at), word.slice(at + value.length)];
    return `${wordWithVariables(head, byValue)}"$${variable}"${wordWithVariables(tail, byValue)}`;
  }
  return word === '' ? '' : shellWord(word);
}

function freeVariable(name: string, taken: ReadonlyMap<string, string>): string {
  const base = `ARG_${
    name
      .replace(/[^A-Za-z0-9]+/g, '_')
      .replace(/^_+|_+$/g, '')
      .toUpperCase() || 'KEY'
  }`;
  for (let number = 1; ; number += 1) {
    const variable = number === 1 ? base : `${base}_${number}`;
    if (!taken.has(variable)) return variable;
  }
}
