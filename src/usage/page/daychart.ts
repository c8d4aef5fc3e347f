/** The chart of calls by day, as SVG that needs no style attribute. */
import type { Day } from '../figures.ts';
import { count, escaped } from './markup.ts';

/** Units of the drawing; the page stretches it. */
const SLOT = 10;
const HEIGHT = 100;

/** `failed`: calls by day that failed, of those that are told one by one. */
export function dayChart(days: readonly Day[], failed: ReadonlyMap<string, number>): string {
  const most = Math.max(1, ...days.map(({ calls }) => calls));
  const bars = days.map((day, index) => bar(day, index, most, inWords(day, failed)));
  const [first, last] = [days[0], days.at(-1)];
  return `<figure>
<div class="chart" tabindex="0" role="group" aria-roledescription="bar chart" aria-label="Calls by day; arrow keys go from day to day" aria-describedby="said">
<svg viewBox="0 0 ${Math.max(1, days.length) * SLOT} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
${bars.join('\n')}
</svg></div>
<div class="ends"><span>${first?.date ?? ''}</span><span>${last?.date ?? ''}</span></div>
<p class="said" id="said" aria-live="polite">${last === undefined ? '' : inWords(last, failed)}</p>
<figcaption>${caption(days)} Point at a day, or press the arrow keys.</figcaption>
</figure>`;
}

function caption(days: readonly Day[]): string {
  const most = Math.max(0, ...days.map(({ calls }) => calls));
  return most === 0 ? 'No calls in these days.' : `The highest bar is ${count(most)} ${most === 1 ? 'call' : 'calls'}.`;
}

function bar(day: Day, index: number, most: number, says: string): string {
  const height = day.calls === 0 ? 0 : Math.max(1.5, (day.calls / most) * HEIGHT);
  const x = index * SLOT;
  return `<g data-says="${says}"><title>${says}</title><rect class="slot" x="${x}" y="0" width="${SLOT}" height="${HEIGHT}"/><rect class="bar" x="${x + 1}" y="${(HEIGHT - height).toFixed(2)}" width="${SLOT - 2}" height="${height.toFixed(2)}"/></g>`;
}

function inWords({ date, calls, records }: Day, failed: ReadonlyMap<string, number>): string {
  const parts = [`${date}: ${count(calls)} calls`];
  if (records !== null) parts.push(`${count(records)} records`);
  const failures = failed.get(date) ?? 0;
  if (failures > 0) parts.push(`${count(failures)} failed`);
  return escaped(parts.join(', '));
}
