/** One undo over all the files of a command: every one goes back, or none does. */
import { beforeEach, describe, expect, it } from 'vitest';
import { placeCredential } from '../../src/placement/place.ts';
import { findChange, undoChange } from '../../src/placement/undo.ts';
import { createPlacingMachine, type PlacingMachine } from './machine.ts';

const FILES = {
  'claude-code': ['.claude.json', '{"theirs":1}'],
  cursor: ['.cursor/mcp.json', '{\r\n  // theirs\r\n}\r\n'],
  'claude-desktop': ['.config/Claude/claude_desktop_config.json', '{"mcpServers": {"theirs": {"command": "x"}}}'],
} as const;
const PLACES = Object.values(FILES);

let machine: PlacingMachine;
beforeEach(async () => {
  machine = await createPlacingMachine();
  const { credential } = await machine.key({ name: 'stock' });
  for (const [path, text] of PLACES) await machine.home.write(path, text);
  await placeCredential(machine.context, credential, Object.keys(FILES));
});

const read = () => Promise.all(PLACES.map(([path]) => machine.home.read(path)));
const placements = async () => (await (await machine.fresh()).ledger.key('stock', 'ci'))?.placements ?? [];
async function undo() {
  const context = await machine.fresh();
  return undoChange(context, (await findChange(context, undefined)).change);
}

describe('undo over three files', () => {
  it('gives back every byte of all of them, and an undo of it what was placed', async () => {
    const placed = await read();
    await undo();
    expect(await read()).toEqual(PLACES.map(([, text]) => text));
    expect(await placements()).toEqual([]);
    await undo();
    expect(await read()).toEqual(placed);
    expect(await placements()).toHaveLength(3);
  });

  it('refuses where someone else edited one of them since, says what differs, and touches none', async () => {
    const path = FILES['claude-desktop'][0];
    const text = await machine.home.read(path);
    const secret = ['made', 'up', '0123456789abcdef'].join('-');
    await machine.home.write(path, text.replace('"command": "x"', `"command": "y", "env": {"A_TOKEN": "${secret}"}`));
    const before = await read();
    const refusal = await undo().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refusal).toMatchObject({ code: 'conflict', message: expect.stringContaining(path) });
    expect(String(refusal)).toMatch(/^\+.*"command": "y"/m);
    expect(String(refusal)).not.toContain(secret);
    expect(await read()).toEqual(before);
    expect(await placements()).toHaveLength(3);
  });
});
