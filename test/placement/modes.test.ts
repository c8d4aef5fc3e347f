/** Which mode is the best one, and for what. */
import { beforeEach, describe, expect, it } from 'vitest';
import { CLIENTS } from '../../src/clients/index.ts';
import { chooseMode, remoteModes } from '../../src/placement/entry.ts';
import { createPlacingMachine, type PlacingMachine } from './machine.ts';

const { codex, cursor, vscode, junie } = CLIENTS;
const on = (platform: NodeJS.Platform) => ({ mode: undefined, platform });

let machine: PlacingMachine;
beforeEach(async () => {
  machine = await createPlacingMachine();
});

const remote = async () => (await machine.key({ name: 'stock' })).credential;
const local = async () =>
  (await machine.key({ name: 'acme', mcpUrl: undefined, command: ['npx', '@acme/mcp'], variable: 'ACME_KEY' }))
    .credential;

describe('the mode of an entry', () => {
  it('is the client’s best; a helper only where there is a POSIX shell', async () => {
    const credential = await remote();
    expect(chooseMode(credential, codex, on('linux'))).toBe('helper');
    expect(chooseMode(credential, codex, on('win32'))).toBe('proxy');
    expect(chooseMode(credential, cursor, on('darwin'))).toBe('proxy');
    expect(() => chooseMode(credential, codex, { mode: 'helper', platform: 'win32' })).toThrow(
      expect.objectContaining({ code: 'unsupported', hint: expect.stringContaining('--mode proxy') }),
    );
  });

  it('is wrap for a local server, in every client', async () => {
    const credential = await local();
    for (const client of Object.values(CLIENTS)) expect(chooseMode(credential, client, on('linux'))).toBe('wrap');
    expect(() => chooseMode(credential, codex, { mode: 'proxy', platform: 'linux' })).toThrow(
      expect.objectContaining({ code: 'unsupported' }),
    );
  });

  it('is told for a remote server without those that only local ones have', async () => {
    const wished = (mode: 'env' | 'plain') => ({ mode, platform: 'linux' }) as const;
    expect(remoteModes(vscode, 'linux')).toEqual(['proxy', 'plain']);
    expect(remoteModes(junie, 'linux')).toEqual(['proxy']);
    const credential = await remote();
    expect(() => chooseMode(credential, vscode, wished('env'))).toThrow(
      expect.objectContaining({ code: 'unsupported' }),
    );
    const server = await local();
    expect(chooseMode(server, vscode, wished('env'))).toBe('env');
    expect(chooseMode(server, junie, wished('plain'))).toBe('plain');
  });
});
