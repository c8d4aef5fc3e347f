import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { placeCredential } from '../../src/placement/place.ts';
import { previewEntries } from '../../src/placement/preview.ts';
import { detectedClients, placeableClients, skippedClients, surveyClients } from '../../src/placement/survey.ts';
import { unplaceFrom } from '../../src/placement/unplace.ts';
import { createPlacingMachine, type PlacingMachine } from './machine.ts';

/** So that a client that is installed here is not found. */
const NO_PROGRAMS = { PATH: '/nowhere' };

let machine: PlacingMachine;
beforeEach(async () => {
  machine = await createPlacingMachine();
});

const context = () => machine.fresh(NO_PROGRAMS);
const folder = (path: string) => mkdir(join(machine.home.dir, path), { recursive: true });

describe('what is detected', () => {
  it('is a client by its folder or its file, and nothing in an empty home', async () => {
    await expect(detectedClients(await context(), 'user')).rejects.toMatchObject({ code: 'not_found' });
    await folder('.cursor');
    await machine.home.write('.lmstudio/mcp.json', '{}');
    expect(await detectedClients(await context(), 'user')).toEqual(['cursor', 'lm-studio']);
    expect(await detectedClients(await context(), 'project')).toEqual(['cursor']);
  });

  it('is no target where there is no file to place into', async () => {
    await Promise.all(['.cursor', '.boltai', '.config/raycast'].map(folder));
    const found = (await surveyClients(await context())).filter((client) => client.found);
    expect(found.map(({ id }) => id)).toEqual(['cursor', 'boltai', 'raycast']);
    expect(await detectedClients(await context(), 'user')).toEqual(['cursor']);
    expect(await skippedClients(await context(), 'user')).toEqual([
      expect.stringMatching(/mcp\.json is not there.*mcpkey place KEY boltai --print$/),
      expect.stringMatching(/no file.*mcpkey place KEY raycast --print$/),
    ]);
    const ids = (await placeableClients(await context(), 'user')).map(({ id }) => id);
    expect(ids[0]).toBe('cursor');
    expect(ids).toContain('claude-code');
    expect(ids).not.toContain('raycast');
    await machine.home.write('.boltai/mcp.json', '{}');
    expect(await detectedClients(await context(), 'user')).toEqual(['cursor', 'boltai']);
  });
});

describe('a client with several files', () => {
  it.each([
    ['windsurf', ['.codeium/windsurf/mcp_config.json', '.config/devin/mcp_config.json', '.codeium/mcp_config.json']],
    ['vscode', ['.config/Code/User/mcp.json', '.config/Code/User/profiles/-1a2b/mcp.json']],
    ['amazon-q', ['.aws/amazonq/agents/default.json', '.aws/amazonq/cli-agents/dev.json']],
  ])('%s gets the entry in each that is there, and loses it in each', async (id, files) => {
    const { credential } = await machine.key({ name: 'stock' });
    const before = '{ }\n';
    for (const file of files) await machine.home.write(file, before);
    const { changes } = await placeCredential(await context(), credential, [id]);
    expect(changes.map(({ path, changed }) => [path, changed])).toEqual(
      files.map((file) => [join(machine.home.dir, file), true]),
    );
    for (const file of files) expect(await machine.home.read(file)).toContain('stock/ci');
    await unplaceFrom(await context(), 'stock/ci', [id]);
    for (const file of files) expect(await machine.home.read(file)).toBe(before);
  });
});

describe('a client without a file', () => {
  it.each(['raycast', 'mcp-inspector', 'jetbrains-ai'])('%s is refused, and printed', async (id) => {
    const { credential } = await machine.key({ name: 'stock' });
    await expect(placeCredential(await context(), credential, [id])).rejects.toMatchObject({
      code: 'unsupported',
      hint: `Print the entry and paste it: mcpkey place KEY ${id} --print`,
    });
    const { previews } = await previewEntries(await context(), credential, [id], {});
    expect(previews).toMatchObject([{ client: id, path: null, mode: 'proxy', server: 'stock' }]);
    expect(JSON.parse(previews[0]?.text ?? '')).toMatchObject({
      mcpServers: { stock: { args: expect.arrayContaining(['proxy', 'stock/ci']) } },
    });
  });

  it('prints the whole path to the table in a file’s own format', async () => {
    const { credential } = await machine.key({ name: 'stock' });
    const ids = ['librechat', 'fast-agent', 'codex', 'mistral-vibe', 'continue'];
    const { previews } = await previewEntries(await context(), credential, ids, { mode: 'proxy' });
    expect(previews.map(({ text }) => text.split('\n').slice(0, 3).join('\n'))).toEqual([
      expect.stringMatching(/^mcpServers:\n {2}stock:\n {4}command:/),
      expect.stringMatching(/^mcp:\n {2}servers:\n {4}stock:/),
      expect.stringMatching(/^\[mcp_servers\.stock\]\ncommand = /),
      expect.stringMatching(/^\[\[mcp_servers\]\]\nname = "stock"\n/),
      expect.stringMatching(/^mcpServers:\n {2}- name: stock\n/),
    ]);
  });
});
