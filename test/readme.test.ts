/** What README.md says of commands, services and clients, held to the program. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parseCommandLine } from '../src/commandline.ts';
import { COMMANDS } from '../src/commands/index.ts';
import { findCommand } from '../src/words.ts';
import { createHome, type Home, mcpkeyJson } from './helpers/cli.ts';

const root = join(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
/** Lines of code blocks without what they say behind `#`, and code within a line. */
const lines = [...readme.matchAll(/^ {4}(\S.*)$/gm)].map(([, line = '']) => line.replace(/ +#.*$/, ''));
const code = [...lines, ...[...readme.matchAll(/`([^`\n]+)`/g)].map(([, text = '']) => text)];

let home: Home;
beforeAll(async () => {
  home = await createHome();
});

/** Rows of the table whose head begins with this cell, without their backquotes. */
function rowsOf(head: string): string[][] {
  const [, rows = ''] = new RegExp(`^\\| ${head} \\|.*\\n\\| ---.*\\n((?:\\|.*\\n)+)`, 'm').exec(readme) ?? [];
  return rows
    .trim()
    .split('\n')
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.replaceAll('`', '').trim()),
    );
}

describe('README.md', () => {
  const commands = code.filter((text) => /^mcpkey( |$)/.test(text));
  test('names commands', () => expect(commands.length).toBeGreaterThan(15));

  test.each(commands)('%s is a command line that the program takes', async (line) => {
    const { words, node, tokens, version, help } = findCommand(line.split(' ').slice(1), COMMANDS);
    if (version || help) return;
    if (node === undefined) return expect(line).toBe('mcpkey');
    if (!('load' in node)) throw new Error('a noun without a verb');
    // What is left out in running text is not wrong, only short; in a block the line is whole.
    const parsed = parseCommandLine((await node.load()).command, words, tokens);
    const fault: unknown = await parsed.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(String(fault ?? '')).toMatch(/^$|is missing/);
    if (lines.includes(line)) expect(fault).toBeUndefined();
  });

  test('names the scripts that there are', () => {
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
    const named = code.flatMap((text) => /^npm (?:run )?([a-z]+)/.exec(text)?.[1] ?? []);
    expect(named).toContain('demo');
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  test('lists the services, and what each does by the API and by hand, as provider list does', async () => {
    const MODES: Record<string, string> = { api: 'API', assisted: 'by hand', unsupported: '–' };
    const listed = await mcpkeyJson<{ id: string; operations: Record<string, string> }[]>(['provider', 'list'], {
      home,
    });
    const wanted = listed.map(({ id, operations }) => [
      id,
      ...['create', 'list', 'revoke', 'usage'].map((name) => MODES[operations[name] ?? 'unsupported']),
    ]);
    const rows = rowsOf('provider').map(([id, _login, ...operations]) => [id, ...operations]);
    expect(rows.sort()).toEqual(wanted.sort());
  });

  test('lists the clients and their modes as clients does', async () => {
    const listed = await mcpkeyJson<{ id: string; modes: string[] }[]>(['clients'], { home });
    const rows = rowsOf('client').map(([id, _files, modes]) => [id, modes]);
    expect(rows.sort()).toEqual(listed.map(({ id, modes }) => [id, modes.join(', ')]).sort());
  });
});
