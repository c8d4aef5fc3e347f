/**
 * How fast the program is, beside a bare Node, mcp-remote and a bare loop, all in one run: prints a table.
 *
 *     npm run bench                       measures
 *     npm run bench -- --check            ends non-zero when a goal is missed
 *     npm run bench -- --write            puts the table into README.md too
 *     npm run bench -- --rounds N         how often each program is started (default 41)
 *     npm run bench -- --keys N           how many keys are rotated (default 1000)
 */
import { readFile, writeFile } from 'node:fs/promises';
import { arch, cpus, platform } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureDoctor, PROFILES } from './bench/doctor.mjs';
import { BYTES, measureEdits } from './bench/edits.mjs';
import { FEW, MANY, measureMemory } from './bench/memory.mjs';
import { CLIENTS, measurePlacements } from './bench/placements.mjs';
import { FEW as FEW_ROTATED, KEYS, measurePlans, measureRotations, REFS } from './bench/rotations.mjs';
import { measureRoundTrips } from './bench/roundtrips.mjs';
import { setStage } from './bench/stage.mjs';
import { measureStarts, STARTS } from './bench/starts.mjs';
import { root } from './stage/sandbox.mjs';

const CALLS = 1000;
/** Most that a proxy may add to a call, in ms, and most of what mcp-remote adds. */
const ADDED = 1;
const OF_REMOTE = 0.5;
/** Most that a list of MANY keys may take over one of FEW, in MB. */
const GROWTH = 32;
/**
 * The same of a rotation of ten times as many keys, in MB. What is live at its end grows by 7 KB a key; the rest is when
 * V8 chooses to collect, which takes some 40 MB to and fro.
 */
const OF_ROTATION = 64;
/** Most that rotating many keys may take, as a multiple of the bare loop, and planning them, as one of listing them. */
const OF_LOOP = 1.5;
const OF_LIST = 2;
/** Most that placing into many clients may take, as a multiple of placing into one. */
const OF_ONE = 3;
/** Most that doctor may take where one profile hangs, as a multiple of its slowest check alone. */
const OF_CHECK = 1.2;
/** Most that an edit of a large config may take, as a multiple of parsing it. */
const OF_PARSING = 2;

const { values } = parseArgs({
  options: {
    check: { type: 'boolean' },
    write: { type: 'boolean' },
    rounds: { type: 'string', default: '41' },
    keys: { type: 'string', default: String(KEYS) },
  },
});

const stage = await setStage();
let rows;
try {
  const starts = await measureStarts(stage, Number(values.rounds));
  rows = [
    ...startRows(starts),
    ...tripRows(await measureRoundTrips(stage, CALLS)),
    memoryRow(await measureMemory(stage)),
    placementRow(await measurePlacements(stage)),
    ...editRows(await measureEdits()),
    doctorRow(await measureDoctor(stage)),
    ...rotationRows(await measureRotations({ ...stage, keys: Number(values.keys) })),
    planRow(await measurePlans(stage)),
  ];
} finally {
  await stage.close();
}

const text = `${table(rows)}\n\n${machine()}\n`;
process.stdout.write(text);
if (values.write) await writeReadme(text);
const missed = rows.filter(({ met }) => met === false);
for (const { what } of missed) console.error(`goal missed: ${what}`);
if (values.check && missed.length > 0) process.exitCode = 1;

function startRows({ base, rows: measured }) {
  const bare = { what: 'a bare Node: `node -e 0`', measured: `${base.toFixed(0)} ms`, beside: '1.00', goal: '' };
  const others = STARTS.map(({ name, goal }) => {
    const { ms, ratio } = measured[name];
    return {
      what: named(name),
      measured: `${ms.toFixed(0)} ms`,
      beside: ratio.toFixed(2),
      goal: goal === undefined ? '' : `≤ ${goal.toFixed(1)}`,
      met: goal === undefined ? undefined : ratio <= goal,
    };
  });
  return [bare, ...others];
}

/** Commands as code, what stands around them as text. */
function named(name) {
  return name.replace(/mcpkey [^,]+|mcp-remote/, (command) => `\`${command}\``);
}

function tripRows({ direct, proxy, remote }) {
  const own = proxy - direct;
  const theirs = remote - direct;
  return [
    { what: 'a call of a loopback server', measured: milliseconds(direct), beside: '', goal: '' },
    {
      what: '`mcpkey proxy` adds to it',
      measured: milliseconds(own),
      beside: `${(own / theirs).toFixed(2)} of mcp-remote`,
      goal: `≤ ${ADDED} ms, ≤ ${OF_REMOTE}`,
      met: own <= ADDED && own <= theirs * OF_REMOTE,
    },
    { what: '`mcp-remote` adds to it', measured: milliseconds(theirs), beside: '', goal: '' },
  ];
}

function milliseconds(ms) {
  return `${ms.toFixed(2)} ms`;
}

function memoryRow(peaks) {
  const growth = peaks[MANY] - peaks[FEW];
  return {
    what: `\`mcpkey list --json\`, ${MANY.toLocaleString('en')} keys in pages: peak memory`,
    measured: `${peaks[MANY].toFixed(0)} MB`,
    beside: `${FEW} keys: ${peaks[FEW].toFixed(0)} MB`,
    goal: `≤ ${GROWTH} MB more`,
    met: growth <= GROWTH,
  };
}

function placementRow({ one, many }) {
  return {
    what: `\`mcpkey place\` into ${CLIENTS} clients`,
    measured: `${many.toFixed(0)} ms`,
    beside: `one client: ${one.toFixed(0)} ms`,
    goal: `≤ ${OF_ONE} times one`,
    met: many <= one * OF_ONE,
  };
}

function editRows(figures) {
  return Object.entries(figures).map(([format, { parse, put, cut }]) => ({
    what: `an entry put into ${BYTES / 1e6} MB of ${format.toUpperCase()}, and cut out again`,
    measured: `${put.toFixed(0)} and ${cut.toFixed(0)} ms`,
    beside: `parsing: ${parse.toFixed(0)} ms`,
    goal: `each ≤ ${OF_PARSING} times parsing`,
    met: Math.max(put, cut) <= parse * OF_PARSING,
  }));
}

function doctorRow({ all, alone }) {
  return {
    what: `\`mcpkey doctor\`, ${PROFILES} profiles of which one hangs`,
    measured: seconds(all),
    beside: `its slowest check alone: ${seconds(alone)}`,
    goal: `≤ ${OF_CHECK} times that`,
    met: all <= alone * OF_CHECK,
  };
}

function rotationRows({ bare, own, fewPeak, peak }) {
  const keys = `${Number(values.keys).toLocaleString('en')} keys`;
  return [
    { what: `the same calls in a bare loop, ${keys}, 16 side by side`, measured: seconds(bare), beside: '', goal: '' },
    {
      what: `\`mcpkey rotate --all --concurrency 16\`, ${keys}`,
      measured: seconds(own),
      beside: `${(own / bare).toFixed(2)} of the loop`,
      goal: `≤ ${OF_LOOP}`,
      met: own <= bare * OF_LOOP,
    },
    {
      what: 'its peak memory',
      measured: `${peak.toFixed(0)} MB`,
      beside: `${FEW_ROTATED} keys: ${fewPeak.toFixed(0)} MB`,
      goal: `≤ ${OF_ROTATION} MB more`,
      met: peak - fewPeak <= OF_ROTATION,
    },
  ];
}

function planRow({ list, plan }) {
  return {
    what: `\`mcpkey rotate --all --dry-run\`, ${REFS.toLocaleString('en')} keys`,
    measured: seconds(plan),
    beside: `${(plan / list).toFixed(2)} of \`list --local\``,
    goal: `≤ ${OF_LIST}`,
    met: plan <= list * OF_LIST,
  };
}

function seconds(ms) {
  return `${(ms / 1_000).toFixed(2)} s`;
}

function table(list) {
  const lines = list.map(({ what, measured, beside, goal }) => `| ${what} | ${measured} | ${beside} | ${goal} |`);
  return ['| what | median | beside a bare Node | goal |', '| --- | --- | --- | --- |', ...lines].join('\n');
}

function machine() {
  const [{ model }] = cpus();
  const system = `${platform()} ${arch()}, ${cpus().length} × ${model.trim()}`;
  return `Node ${process.versions.node}, ${system}; mcp-remote ${stage.remote.version}; ${values.rounds} starts of each, by turns with a bare Node; ${CALLS} calls.`;
}

/** Between the marks in the README. */
async function writeReadme(text) {
  const path = join(root, 'README.md');
  const whole = await readFile(path, 'utf8');
  const marked = /(<!-- bench -->\n)[\s\S]*?(<!-- \/bench -->)/;
  if (!marked.test(whole)) throw new Error('README.md has no place for the table');
  await writeFile(
    path,
    whole.replace(marked, (_, start, end) => `${start}${text}${end}`),
  );
}
