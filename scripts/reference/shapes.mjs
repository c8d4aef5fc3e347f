/** docs/json.md: what `--json` prints, as the source declares it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../build.mjs';

/** Commands, how many documents of the type, and the declarations in the order in which they are read. */
const SHAPES = [
  ['create, import, show; list: an array', ['src/keys/document.ts', 'KeyDocument']],
  ['verify: with an error only where it failed', ['src/proxy/probe-steps.ts', 'ProbeResult']],
  [
    'rotate: an array, without its warnings and placements',
    ['src/rotation/types.ts', 'RotationResult'],
    ['src/rotation/types.ts', 'RotationState'],
  ],
  ['revoke: an array', ['src/keys/revoke.ts', 'RevokeRow']],
  [
    'place, unplace, adopt, undo, sync: an array',
    ['src/placement/types.ts', 'PlacementChange'],
    ['src/clients/types.ts', 'PlaceMode'],
  ],
  ['clients: an array', ['src/placement/survey.ts', 'ClientSurvey'], ['src/clients/types.ts', 'ClientScope']],
  ['setup, up: an array', ['src/enrol/enrol.ts', 'EnrolRow']],
  [
    'doctor: an array',
    ['src/doctor/run.ts', 'DoctorRow'],
    ['src/doctor/types.ts', 'Finding'],
    ['src/doctor/types.ts', 'CheckState'],
  ],
  [
    'usage',
    ['src/usage/figures.ts', 'UsageDocument'],
    ['src/providers/types.ts', 'UsageReport'],
    ['src/usage/calls.ts', 'Durations'],
    ['src/usage/alert.ts', 'Alert'],
  ],
  ['whoami: an array; login, logout: one of it', ['src/session/state.ts', 'WhoamiRow']],
  [
    'profile list: an array; show, add, set, use',
    ['src/session/state.ts', 'ProfileRow'],
    ['src/session/state.ts', 'ProfileDocument'],
  ],
  ['store status, use, migrate: an array', ['src/vault/status.ts', 'StoreRow']],
  [
    'schedule install, remove, status: an array of one',
    ['src/schedule/install.ts', 'ScheduleRow'],
    ['src/schedule/types.ts', 'SchedulerId'],
  ],
  ['log: an array', ['src/ledger.ts', 'HistoryEntry']],
  ['provider list, add, update, remove: an array; show: one of it', ['src/plugins/summary.ts', 'ProviderRow']],
  ['an error, on stderr as {"error": …}', ['src/errors.ts', 'ErrorDocument']],
];

const ABOUT = `\`--json\` prints exactly one JSON document on stdout, and nothing else there. Times are RFC 3339 UTC, what is not known is
\`null\`, every path is absolute. Fields may be added, never taken away. A secret is in no document but those of \`get\`
(\`{"ref":…,"secret":…}\`) and \`create --show\`. What follows are the declarations in the source; a \`UserError\` stands there as
the error at the end of this page, and what is marked \`?\` may be absent.`;

export async function shapeReference() {
  const parts = await Promise.all(
    SHAPES.map(async ([commands, ...types]) => {
      const texts = await Promise.all(types.map(([path, name]) => declaration(path, name)));
      return `## ${commands}\n\n\`\`\`ts\n${texts.join('\n\n')}\n\`\`\``;
    }),
  );
  return ['# JSON documents', ABOUT, ...parts].join('\n\n');
}

/** An interface or a type with what is said above it, without `export` and `readonly`. */
async function declaration(path, name) {
  const text = await readFile(join(root, path), 'utf8');
  const found = new RegExp(
    `^(?:/\\*\\*(?:(?!\\*/)[^])*\\*/\\n)?export (?:interface ${name}\\b[^]*?^}|type ${name} =[^;]*;)`,
    'm',
  ).exec(text);
  if (found === null) throw new Error(`${path} declares no ${name}`);
  return found[0].replace(/^export /m, '').replace(/\breadonly /g, '');
}
