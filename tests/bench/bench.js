/** `make bench`: ours and the peers in Node, this one and the newest. --quick: to see that it runs. */

import { findEngines, rowsOf } from './engines.js';
import { commit, machine, printRows, printSizes, writeRows } from './report.js';

/** @typedef {import('./report.js').Row} Row */

const start = performance.now();
const options = process.argv.slice(2);

/**
 * The same module in the oldest and in the newest engine: one after the other, not in turn.
 * @param {readonly Row[]} rows
 * @param {string} old
 * @param {string} newest
 */
function engineRows(rows, old, newest) {
  const steps = rows.filter(({ figure }) => figure === 'training step');
  return steps.flatMap((row) => {
    const isFirst =
      steps.find(
        (other) => other.variant === row.variant && other.threads === row.threads && other.engine === old,
      ) === row;
    const peer = steps.find(
      (other) => other.variant === row.variant && other.threads === row.threads && other.engine === newest,
    );
    if (!isFirst || !peer) return [];
    return [
      {
        ...row,
        peer: peer.ours,
        peerBest: peer.oursBest,
        peerName: `ours in ${newest}`,
        ratio: peer.ours / row.ours,
      },
    ];
  });
}

console.log(`${machine()}; ${commit()}`);
const engines = findEngines();
/** @type {Row[]} */
const rows = [];
for (const engine of engines) {
  console.log(`${engine.name}:`);
  rows.push(...(await rowsOf(engine, 'run.js', options)));
}
if (engines.length > 1) rows.push(...engineRows(rows, engines[0].name, engines[1].name));
console.log('');
printRows(rows.filter((row) => !('hidden' in row)));
printSizes(rows);
writeRows('bench.json', rows);
console.log(`${((performance.now() - start) / 60_000).toFixed(1)} minutes`);
