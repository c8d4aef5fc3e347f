import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { createIo } from '../../src/io/create.ts';
import { secret } from '../../src/secret.ts';

const value = ['sk', 'made', 'up', String(process.pid), 'long/enough'].join('-');

async function open(
  options: { json?: boolean; quiet?: boolean; verbose?: boolean; tty?: boolean; input?: string; yes?: boolean } = {},
) {
  const stdin = new PassThrough();
  stdin.end(options.input ?? '');
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    streams[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk;
    });
    Object.assign(streams[name], { isTTY: options.tty ?? false, columns: 40 });
  }
  const io = await createIo({
    stdin: Object.assign(stdin, { isTTY: false }) as unknown as NodeJS.ReadStream,
    stdout: streams.stdout as unknown as NodeJS.WriteStream,
    stderr: streams.stderr as unknown as NodeJS.WriteStream,
    env: { TERM: 'xterm' },
    signal: new AbortController().signal,
    json: options.json ?? false,
    quiet: options.quiet ?? false,
    verbose: options.verbose ?? false,
    noInput: true,
    noColor: false,
    yes: options.yes ?? false,
  });
  return { io, text };
}

describe('what leaves', () => {
  test('is redacted in every form, and free of control characters', async () => {
    secret(value);
    const { io, text } = await open();
    io.out(`a ${value} b`);
    io.note(`c ${encodeURIComponent(value)}`);
    io.warn(Buffer.from(value).toString('base64'));
    io.out('x\u001b]0;title\u0007\u009b31m\u202ey\r\u007f');
    expect(text.stdout).toBe('a [secret] b\nx]0;title31my\n');
    expect(text.stderr).toBe('c [secret]\nwarning: [secret]\n');
  });

  test('a document is redacted value by value and stays JSON', async () => {
    secret(`${value}"quoted`);
    const { io, text } = await open({ json: true });
    io.document({ a: `${value}"quoted`, b: 'x\u009b\u202e\u0000' });
    expect(JSON.parse(text.stdout)).toEqual({ a: '[secret]', b: 'x\u009b\u202e\u0000' });
    expect(text.stdout).not.toMatch(/[\u0080-\u009f\u202e]/);
  });

  test('reveal prints exactly what it is given', async () => {
    const { io, text } = await open();
    io.reveal(value);
    expect(text.stdout).toBe(value);
  });

  test('documents are one array, also an empty one', async () => {
    const { io, text } = await open({ json: true });
    await io.documents(
      (async function* () {
        yield { a: 1 };
        yield { a: 2 };
      })(),
    );
    expect(JSON.parse(text.stdout)).toEqual([{ a: 1 }, { a: 2 }]);
    const empty = await open({ json: true });
    await empty.io.documents((async function* () {})());
    expect(empty.text.stdout).toBe('[]\n');
  });
});

test('our own styles are colour on a terminal; those of a server are not', async () => {
  const { io, text } = await open({ tty: true });
  io.out(`${io.color('red', 'ours')} \u001b[31mtheirs`);
  expect(text.stdout).toBe('\u001b[31mours\u001b[39m [31mtheirs\n');
});

test('a table fits the terminal, and is whole in a pipe', async () => {
  const rows = [{ text: 'y'.repeat(60) }];
  const columns = [{ title: 'T', text: (row: { text: string }) => row.text }];
  const terminal = await open({ tty: true });
  terminal.io.table(rows, columns);
  expect(terminal.text.stdout).toContain(`${'y'.repeat(39)}…`);
  const pipe = await open();
  pipe.io.table(rows, columns);
  expect(pipe.text.stdout).toBe(`T\n${'y'.repeat(60)}\n`);
});

test('progress is silent with --quiet and --json, what must be acted on is not', async () => {
  for (const options of [{ quiet: true }, { json: true }]) {
    const { io, text } = await open(options);
    io.note('progress');
    io.debug('exchange');
    io.say('open this page');
    expect(text.stderr).toBe('open this page\n');
  }
  const { io, text } = await open({ verbose: true });
  io.debug('exchange');
  expect(text.stderr).toBe('exchange\n');
});

describe('where nobody can be asked', () => {
  test('a question is a usage error with its hint', async () => {
    const { io } = await open();
    const hint = { hint: 'mcpkey revoke --yes' };
    for (const ask of [
      () => io.confirm('Sure?', hint),
      () => io.askText('Name?', hint),
      () => io.askSecret('Key?', hint),
      () => io.choose('Which?', [], hint),
    ]) {
      await expect(ask()).rejects.toMatchObject({ code: 'usage', hint: hint.hint });
    }
  });

  test('--yes answers what would be confirmed', async () => {
    const { io } = await open({ yes: true });
    expect(await io.confirm('Sure?', { hint: '' })).toBe(true);
  });
});

describe('stdin', () => {
  test.each([
    ['typed\n', 'typed'],
    ['typed\r\n', 'typed'],
    ['two\nlines\n\n', 'two\nlines\n'],
    [' spaces ', ' spaces '],
  ])('%j is read without its last line end', async (input, read) => {
    const { io } = await open({ input });
    expect((await io.readStdin()).reveal()).toBe(read);
  });

  test('empty or too long is a usage error', async () => {
    for (const input of ['', '\n', 'x'.repeat(64 * 1024 + 1)]) {
      await expect((await open({ input })).io.readStdin()).rejects.toBeInstanceOf(UserError);
    }
  });
});
