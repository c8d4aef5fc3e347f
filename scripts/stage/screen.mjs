/** What a terminal shows after a program wrote to it, and that as an SVG. Knows the sequences that our prompts use. */

const COLOURS = { 31: '#f47067', 32: '#57ab5a', 33: '#daaa3f', 34: '#539bf5', 36: '#39c5cf', 90: '#768390' };
const PLAIN = '#d1d7e0';
const BLANK = { char: ' ', style: '' };

/** Rows of cells (`char`, `style`), without the empty ones at the end. Texts wrap at `columns`. */
export function screenOf(text, columns) {
  const rows = [[]];
  const at = { row: 0, column: 0, style: new Set() };
  const row = () => {
    while (rows.length <= at.row) rows.push([]);
    return rows[at.row];
  };
  for (const [token] of text.matchAll(/\u001b\[[0-9;?]*[a-zA-Z]|\u001b.|[\s\S]/gu)) {
    if (token.startsWith('\u001b[')) control(token, at, rows);
    else if (token === '\n') Object.assign(at, { row: at.row + 1 });
    else if (token === '\r') at.column = 0;
    else if (token === '\b') at.column = Math.max(0, at.column - 1);
    else if (token >= ' ') {
      if (at.column >= columns) Object.assign(at, { row: at.row + 1, column: 0 });
      const line = row();
      while (line.length < at.column) line.push(BLANK);
      line[at.column] = { char: token, style: [...at.style].join(' ') };
      at.column += 1;
    }
  }
  while (rows.length > 0 && rows.at(-1).every(({ char }) => char === ' ')) rows.pop();
  return rows;
}

/** ECMA-48: moves, erasures and styles; the rest (cursor on and off) shows nothing. */
function control(token, at, rows) {
  const [first = '0'] = token.slice(2, -1).split(';');
  const count = Math.max(1, Number(first));
  const moves = {
    A: () => Object.assign(at, { row: Math.max(0, at.row - count) }),
    B: () => Object.assign(at, { row: at.row + count }),
    C: () => Object.assign(at, { column: at.column + count }),
    D: () => Object.assign(at, { column: Math.max(0, at.column - count) }),
    G: () => Object.assign(at, { column: count - 1 }),
    K: () => rows[at.row]?.splice(first === '2' ? 0 : at.column),
    J: () => {
      rows[at.row]?.splice(at.column);
      rows.splice(at.row + 1);
    },
    m: () => {
      for (const code of token.slice(2, -1).split(';')) restyle(at.style, Number(code));
    },
  };
  moves[token.at(-1)]?.();
}

function restyle(style, code) {
  if (code === 0) style.clear();
  else if (code === 1) style.add('bold');
  else if (code === 2) style.add('dim');
  else if (code === 22) for (const name of ['bold', 'dim']) style.delete(name);
  else if (code === 4) style.add('under');
  else if (code === 24) style.delete('under');
  else if (code === 39 || COLOURS[code]) {
    for (const name of [...style]) if (name.startsWith('c')) style.delete(name);
    if (code !== 39) style.add(`c${code}`);
  }
}

const CELL = 8.4;
const LINE = 20;
const EDGE = 18;
const BAR = 36;

/** `label` is what is read out in place of the picture. */
export function svgOf(rows, { columns, label }) {
  const width = Math.round(columns * CELL + 2 * EDGE);
  const height = BAR + rows.length * LINE + EDGE;
  const dots = ['#f47067', '#daaa3f', '#57ab5a'].map(
    (fill, at) => `<circle cx="${22 + at * 20}" cy="18" r="6" fill="${fill}"/>`,
  );
  const colours = Object.entries(COLOURS).map(([code, fill]) => `.c${code}{fill:${fill}}`);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(label)}">
<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:${PLAIN};white-space:pre}.bold{font-weight:700}.dim{opacity:.65}.under{text-decoration:underline}${colours.join('')}</style>
<rect width="${width}" height="${height}" rx="8" fill="#22272e"/>
${dots.join('')}
${rows.map(lineOf).filter(Boolean).join('\n')}
</svg>
`;
}

/** Each run of one style stands at its own column, whatever font there is. */
function lineOf(cells, index) {
  const runs = [];
  cells.forEach(({ char, style }, column) => {
    const last = runs.at(-1);
    if (last?.style === style) last.text += char;
    else runs.push({ text: char, style, column });
  });
  const y = BAR + index * LINE + 14;
  return runs
    .filter(({ text }) => text.trim() !== '')
    .map(({ text, style, column }) => {
      const start = text.length - text.trimStart().length;
      const shown = text.trim();
      const x = (EDGE + (column + start) * CELL).toFixed(1);
      const length = ([...shown].length * CELL).toFixed(1);
      const named = style === '' ? '' : ` class="${style}"`;
      return `<text x="${x}" y="${y}" textLength="${length}"${named}>${escaped(shown)}</text>`;
    })
    .join('');
}

function escaped(text) {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}
