/** Medians, and the pace at which commands take turns. */

export function median(values) {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Runs `base` and each of `others` in pairs, by turns, `rounds` times: what else the machine does meets both alike.
 * Each resolves to milliseconds. Resolves to the medians and the median of the pairs' ratios, by name.
 */
export async function pairwise(base, others, rounds) {
  const pairs = Object.fromEntries(Object.keys(others).map((name) => [name, []]));
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, measure] of Object.entries(others)) {
      const pair = { base: await base(), own: await measure() };
      // The first round warms up the disk.
      if (round >= 0) pairs[name].push(pair);
    }
  }
  const bases = Object.values(pairs).flatMap((list) => list.map((pair) => pair.base));
  const rows = Object.entries(pairs).map(([name, list]) => [
    name,
    { ms: median(list.map(({ own }) => own)), ratio: median(list.map((pair) => pair.own / pair.base)) },
  ]);
  return { base: median(bases), rows: Object.fromEntries(rows) };
}
