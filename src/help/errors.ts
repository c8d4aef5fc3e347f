/** `mcpkey help errors`, `mcpkey help errors CODE`, and the same pages as docs/errors/. */
import { type ErrorCode, EXIT_CODES, UserError } from '../errors.ts';
import { withNearest } from '../nearest.ts';
import { ERROR_PAGES, type ErrorPage } from './error-pages.ts';

const isCode = (word: string): word is ErrorCode => Object.hasOwn(ERROR_PAGES, word);
const CODES = Object.keys(EXIT_CODES).filter(isCode);

/** The page of one code, or the list of all. Throws `not_found`. */
export function errorTopic(code: string | undefined): string {
  if (code === undefined) return errorList();
  if (isCode(code)) return textPage(code, ERROR_PAGES[code]);
  throw new UserError('not_found', withNearest(`There is no error code "${code}".`, code, CODES), {
    hint: 'mcpkey help errors lists them.',
  });
}

function textPage(code: ErrorCode, { means, seen, remedies }: ErrorPage): string {
  const list = (lines: readonly string[]) => lines.map((line) => `- ${line}`);
  const parts = [`${code} (exit code ${EXIT_CODES[code]})`, '', means, '', 'Seen when', ...list(seen), ''];
  return [...parts, 'What to do', ...list(remedies)].join('\n');
}

function errorList(): string {
  const rows = CODES.map((code) => `${String(EXIT_CODES[code]).padStart(4)}  ${code}`);
  return ['exit  error.code', ...rows, '', 'mcpkey help errors CODE says what one means, and what to do.'].join('\n');
}

/** Every page in Markdown, by its file's name; `README.md` lists them. */
export function errorPages(): ReadonlyMap<string, string> {
  const pages = CODES.map((code) => [`${code}.md`, markdownPage(code, ERROR_PAGES[code])] as const);
  return new Map([['README.md', markdownList()], ...pages]);
}

function markdownPage(code: ErrorCode, { means, seen, remedies }: ErrorPage): string {
  const list = (lines: readonly string[]) => lines.map((line) => `- ${line}`).join('\n');
  return [
    `# ${code}`,
    means,
    `Exit code ${EXIT_CODES[code]}. \`error.code\` with \`--json\`: \`${code}\`. Offline: \`mcpkey help errors ${code}\`.`,
    '## Seen when',
    list(seen),
    '## What to do',
    list(remedies),
    '[All errors](README.md)',
  ].join('\n\n');
}

function markdownList(): string {
  const about =
    'Each failure has a code (`error.code` with `--json`) and an exit code. `mcpkey help errors CODE` prints its page.';
  const rows = CODES.map((code) => `| ${EXIT_CODES[code]} | [${code}](${code}.md) | ${ERROR_PAGES[code].means} |`);
  const more =
    '`doctor` exits with 10 where it found an error; 0 is success. A command whose document carries its errors (`verify`, `rotate`, `revoke`, `setup`, `up`, `doctor`) prints none on stderr with `--json`.';
  return [
    '# Errors',
    about,
    ['| exit code | `error.code` | means |', '| --- | --- | --- |', ...rows].join('\n'),
    more,
  ].join('\n\n');
}
