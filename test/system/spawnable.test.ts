import { describe, expect, it } from 'vitest';
import { spawnable } from '../../src/system/spawnable.ts';

const env = { ComSpec: 'C:\\Windows\\system32\\cmd.exe' };
const windows = (found: string | undefined) => ({ platform: 'win32', find: async () => found }) as const;

/** What cmd.exe hands on: without the outer quotes of `/s`, and without its carets. */
const readByCmd = (line = '') => line.slice(1, -1).replace(/\^(.)/g, '$1');

describe('what is spawned', () => {
  it('is the command itself elsewhere, and a real program on Windows', async () => {
    const words = ['npx', ['-y', 'a b'], env] as const;
    const itself = { command: 'npx', args: ['-y', 'a b'], windowsVerbatimArguments: false };
    expect(await spawnable(...words, { platform: 'linux', find: async () => '/usr/bin/npx' })).toEqual(itself);
    expect(await spawnable(...words, windows('C:\\tools\\npx.exe'))).toEqual(itself);
    expect(await spawnable(...words, windows(undefined))).toEqual(itself);
  });

  it.each([
    [['-y', '@acme/mcp'], '"-y" "@acme/mcp"'],
    [['C:\\my files\\', ''], '"C:\\my files\\\\" ""'],
    [['{"a":1}'], '"{\\"a\\":1}"'],
    [['http://127.0.0.1/?a=1&b=%PATH%'], '"http://127.0.0.1/?a=1&b=%PATH%"'],
    [['^1 | (x) <y> !z'], '"^1 | (x) <y> !z"'],
  ])('is cmd.exe for a .cmd on Windows, which gets %j unharmed', async (args, wanted) => {
    const start = await spawnable('npx', args, env, windows('C:\\Program Files\\nodejs\\npx.CMD'));
    expect(start).toMatchObject({ command: env.ComSpec, windowsVerbatimArguments: true });
    const [line, ...options] = [...start.args].reverse();
    expect(options).toEqual(['/c', '/s', '/d']);
    expect(readByCmd(line)).toBe(`C:\\Program Files\\nodejs\\npx.CMD ${wanted}`);
    // Nothing is left that cmd.exe would act on, but the blanks between words.
    expect(line?.slice(1, -1).replace(/\^./g, '')).not.toMatch(/[()%!^"<>&|;,*?]/);
  });
});
