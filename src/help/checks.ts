/** What each check looks at and what to do about what it finds: `mcpkey help checks ID` and docs/checks/. */
import { CHECK_IDS, isCheckId } from '../doctor/ids.ts';
import { CHECKS } from '../doctor/index.ts';
import type { Check } from '../doctor/types.ts';
import { UserError } from '../errors.ts';
import { withNearest } from '../nearest.ts';

/** The page of one check, or the list of all. Throws `not_found`. */
export function checkTopic(id: string | undefined): string {
  if (id === undefined) return checkList();
  if (isCheckId(id)) return textPage(CHECKS[id]);
  throw new UserError('not_found', withNearest(`There is no check "${id}".`, id, CHECK_IDS), {
    hint: 'mcpkey help checks lists them.',
  });
}

function checkList(): string {
  const widest = Math.max(...CHECK_IDS.map((id) => id.length));
  const rows = CHECK_IDS.map((id) => `  ${id.padEnd(widest)}  ${CHECKS[id].title}`);
  return ['Checks of mcpkey doctor', ...rows, '', 'mcpkey help checks ID says what one looks at, and what to do.'].join(
    '\n',
  );
}

const bullets = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join('\n');

function textPage({ id, title, looksAt, remedies, fixes, ...states }: Check): string {
  const parts = [`${id}: ${title}`, looksAt, statesOf(states), `What to do\n${bullets(remedies)}`];
  if (fixes !== undefined) parts.push(`With --fix\n${bullets([fixes])}`);
  parts.push(`Run it alone: mcpkey doctor --check ${id}`);
  return parts.filter((part) => part !== '').join('\n\n');
}

function statesOf({ warning, error }: Pick<Check, 'warning' | 'error'>): string {
  const lines = [warning && `warning: ${warning}`, error && `error: ${error}`].flatMap((line) => line || []);
  return lines.length === 0 ? '' : `What it finds\n${bullets(lines)}`;
}

/** Every page in Markdown, by its file's name; `README.md` lists them. */
export function checkPages(): ReadonlyMap<string, string> {
  const pages = CHECK_IDS.map((id) => [`${id}.md`, markdownPage(CHECKS[id])] as const);
  return new Map([['README.md', markdownList()], ...pages]);
}

function markdownPage({ id, title, looksAt, warning, error, remedies, fixes }: Check): string {
  const parts = [`# ${id}`, `**${title}.** ${looksAt}`];
  const states = [warning && `\`warning\`: ${warning}`, error && `\`error\`: ${error}`].flatMap((line) => line || []);
  if (states.length > 0) parts.push('## What it finds', bullets(states));
  parts.push('## What to do', bullets(remedies));
  if (fixes !== undefined) parts.push('## With `--fix`', fixes);
  parts.push(
    `Alone: \`mcpkey doctor --check ${id}\`. Offline: \`mcpkey help checks ${id}\`.`,
    '[All checks](README.md)',
  );
  return parts.join('\n\n');
}

function markdownList(): string {
  const about =
    '`mcpkey doctor` runs every check side by side. It exits with 10 where one found an error, with 0 on warnings alone (`--strict`: 10).';
  const rows = CHECK_IDS.map((id) => `| [${id}](${id}.md) | ${CHECKS[id].title} |`);
  return ['# Checks', about, ['| check | about |', '| --- | --- |', ...rows].join('\n')].join('\n\n');
}
