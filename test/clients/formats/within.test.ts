/** What people noted in an entry stays when the entry is adopted. */
import { describe, expect, it } from 'vitest';
import { type EntryPlace, readEntries } from '../../../src/clients/formats/index.ts';
import { rewriteEntry } from '../../../src/clients/formats/within.ts';

const OLD_KEY = 'sk-madeUp0123456789';
const NEW = { command: '/x/mcpkey', args: ['proxy', 'acme/ci'], timeout: 9 };

const at = (format: EntryPlace['format'], servers: string): EntryPlace => ({
  format,
  path: 'file',
  servers: [servers],
});

async function rewritten(place: EntryPlace, text: string, value: unknown = NEW): Promise<string> {
  const { bytes } = await rewriteEntry(Buffer.from(text), place, 'acme', { value, gone: [OLD_KEY] });
  expect((await readEntries(bytes, place)).acme).toEqual(value);
  return bytes.toString();
}

const JSONC = `{
  "servers": {
    // the shop's
    "acme": {
      // ask Bob before you change it
      "url": "https://acme.example/mcp",
      "headers": { "Authorization": "Bearer ${OLD_KEY}" }, // renewed each spring
      "timeout": 9 /* seconds */
    },
    "other": {} // theirs
  }
}
`;
const TOML = `# mine
[mcp_servers.acme]
# ask Bob before you change it
url = "https://acme.example/mcp" # the new one
timeout = 9 # seconds

[mcp_servers.acme.http_headers]
Authorization = "Bearer ${OLD_KEY}"
`;
const YAML = `servers:
  acme:
    # ask Bob before you change it
    url: https://acme.example/mcp
    headers:
      Authorization: Bearer ${OLD_KEY}
    timeout: 9 # seconds
  other: {}
`;

describe('an entry that is adopted', () => {
  it.each([
    [
      'jsonc',
      'servers',
      JSONC,
      ['// ask Bob before', '// renewed each', '/* seconds */', "// the shop's", '// theirs'],
    ],
    ['toml', 'mcp_servers', TOML, ['# mine', '# ask Bob before', '# seconds']],
    ['yaml', 'servers', YAML, ['# ask Bob before', '# seconds']],
  ] as const)('keeps what was noted in it: %s', async (format, servers, text, notes) => {
    const after = await rewritten(at(format, servers), text);
    for (const note of notes) expect(after).toContain(note);
    expect(after).not.toContain(OLD_KEY);
    expect(after).toMatch(/timeout"?:? =? ?9[, ]*(?:#|\/\*) ?seconds/);
  });

  it('keeps what was noted in a table of it that stays', async () => {
    const text = '{"servers": {"acme": {"env": {\n  // near\n  "REGION": "eu",\n  "KEY": "x"\n}}}}\n';
    const after = await rewritten(at('jsonc', 'servers'), text, { command: 'mcpkey', env: { REGION: 'eu' } });
    expect(after).toContain('// near\n  "REGION": "eu"');
  });

  it('is written anew where a note shows the key itself', async () => {
    const text = JSONC.replace('renewed each spring', `was ${OLD_KEY}`);
    const after = await rewritten(at('jsonc', 'servers'), text);
    expect(after).not.toContain(OLD_KEY);
    expect(after).toContain('// theirs');
  });

  it('is written anew as it always was where nothing was noted', async () => {
    const text = JSONC.replace(/ *(?<!:)\/\/.*|\/\*.*\*\//g, '');
    expect(await rewritten(at('jsonc', 'servers'), text)).toContain(
      '"acme": {\n      "command": "/x/mcpkey",\n      "args": [',
    );
  });
});
