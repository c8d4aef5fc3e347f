/** What an edit of one entry in a large config costs beside parsing the file. */
import { loadSource } from '../source.mjs';
import { median } from './figures.mjs';

/** Of text, in each format. */
export const BYTES = 5_000_000;
const ROUNDS = 3;
const ENTRY = { command: 'mcpkey', args: ['proxy', 'bench/key'], env: { MCPKEY_HOME: '/home/ann' } };

/** By format, in ms: medians of parsing, of putting an entry in and of cutting it out again, each from bytes to bytes. */
export async function measureEdits() {
  const formats = await loadSource('src/clients/formats/index.ts');
  const figures = {};
  for (const [format, { text, servers }] of Object.entries(texts())) {
    figures[format] = await measure(formats, Buffer.from(text), { format, path: format, servers: [servers] });
  }
  return figures;
}

async function measure({ loadFormat, putEntry, cutEntry }, bytes, place) {
  const format = await loadFormat(place.format);
  const times = { parse: [], put: [], cut: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    times.parse.push(await took(() => format.parse(bytes.toString('utf8'), place.path)));
    let edited;
    // Fresh bytes each time: those that are known are not parsed again.
    times.put.push(
      await took(async () => {
        edited = await putEntry(Buffer.from(bytes), place, 'bench', ENTRY);
      }),
    );
    let back;
    times.cut.push(
      await took(async () => {
        back = await cutEntry(Buffer.from(edited.bytes), place, 'bench', edited.made);
      }),
    );
    if (!back.equals(bytes)) throw new Error(`the ${place.format} file is not as it was before`);
  }
  return { parse: median(times.parse), put: median(times.put), cut: median(times.cut) };
}

async function took(work) {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** Half of each is the servers' table, half something else. */
function texts() {
  const [json, yaml, toml] = [jsonMembers, yamlMembers, tomlTables].map((print) => (head) => fill(print, head));
  return {
    json: {
      servers: 'mcpServers',
      text: `{\n  "projects": {\n${json('p')}\n  },\n  "mcpServers": {\n${json('s')}\n  }\n}\n`,
    },
    toml: { servers: 'mcp_servers', text: `${toml('projects')}${toml('mcp_servers')}` },
    yaml: { servers: 'mcpServers', text: `projects:\n${yaml('p')}mcpServers:\n${yaml('s')}` },
  };
}

function fill(print, head) {
  const one = print(head, 1);
  return print(head, Math.ceil(BYTES / 2 / one.length));
}

const NOTE = 'A sentence as people write it into such files. '.repeat(4);
const each = (count, print) => Array.from({ length: count }, (_, index) => print(100_000 + index));

const jsonMembers = (head, count) =>
  each(
    count,
    (at) =>
      `    "${head}${at}": {\n      "type": "http",\n      "url": "https://${at}.example/mcp",\n      "args": ["-y", 1.50],\n      "headers": { "X-Note": "${NOTE}" }\n    }`,
  ).join(',\n');

const tomlTables = (head, count) =>
  each(
    count,
    (at) =>
      `[${head}.s${at}] # ${at}\ntype = "http"\nurl = "https://${at}.example/mcp"\nargs = ["-y", 1.50]\nhttp_headers = { X-Note = "${NOTE}" }\n\n`,
  ).join('');

const yamlMembers = (head, count) =>
  each(
    count,
    (at) =>
      `  ${head}${at}: # ${at}\n    type: http\n    url: https://${at}.example/mcp\n    args:\n      - -y\n      - 1.50\n    headers:\n      X-Note: "${NOTE}"\n`,
  ).join('');
