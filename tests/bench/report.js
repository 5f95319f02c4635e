/** Rows of measurements: how they are made of times, shown and written. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release, type } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FIGURES } from './ours.js';

/**
 * @typedef {object} Row
 * @property {string} figure
 * @property {string} variant
 * @property {number} threads
 * @property {string} engine
 * @property {number} ours median
 * @property {number | null} oursBest
 * @property {number | null} peer median
 * @property {number | null} peerBest
 * @property {string} peerName
 * @property {string} unit
 * @property {number | null} ratio more than 1: ours is better
 */

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A row's fields where there is nothing to say. */
export const ROW_NOTHING = Object.freeze({
  threads: 1,
  engine: '',
  oursBest: /** @type {number | null} */ (null),
  peer: /** @type {number | null} */ (null),
  peerBest: /** @type {number | null} */ (null),
  peerName: '',
  ratio: /** @type {number | null} */ (null),
});

/** @typedef {import('./measure.js').Times} Times */

/**
 * A figure's value and unit: images a second, milliseconds, or microseconds for one image.
 * @param {keyof typeof FIGURES} figure
 * @param {number} milliseconds
 */
function valueOf(figure, milliseconds) {
  if (FIGURES[figure] > 0) return (FIGURES[figure] * 1000) / milliseconds;
  return figure === 'one image' ? milliseconds * 1000 : milliseconds;
}

/** @param {keyof typeof FIGURES} figure */
function unitOf(figure) {
  if (FIGURES[figure] > 0) return 'images/s';
  return figure === 'one image' ? 'us' : 'ms';
}

/**
 * @param {keyof typeof FIGURES} figure
 * @param {{variant: string, threads: number}} which
 * @param {Times} ours
 * @param {Times} [peer]
 * @param {string} [peerName]
 */
export function timeRow(figure, { variant, threads }, ours, peer, peerName = '') {
  return {
    ...ROW_NOTHING,
    figure,
    variant,
    threads,
    ours: valueOf(figure, ours.median),
    oursBest: valueOf(figure, ours.best),
    peer: peer ? valueOf(figure, peer.median) : null,
    peerBest: peer ? valueOf(figure, peer.best) : null,
    peerName,
    unit: unitOf(figure),
    ratio: peer ? peer.median / ours.median : null,
  };
}

/** @param {number | null} value */
function shown(value) {
  if (value === null) return '';
  const digits = Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 100 ? 1 : 2;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** @param {readonly string[][]} lines the first: headings @param {readonly number[]} right columns of numbers */
function printTable(lines, right) {
  const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  for (const line of lines) {
    const cells = line.map((cell, i) =>
      right.includes(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i]),
    );
    console.log(cells.join('  ').trimEnd());
  }
}

/** @param {readonly Row[]} rows */
export function printRows(rows) {
  const heading = [
    'figure',
    'variant',
    'threads',
    'engine',
    'ours',
    'best',
    'peer',
    'best',
    'unit',
    'ratio',
    'of',
  ];
  const lines = rows.map((row) => [
    row.figure,
    row.variant,
    String(row.threads),
    row.engine,
    ...[row.ours, row.oursBest, row.peer, row.peerBest].map(shown),
    row.unit,
    row.ratio === null ? '' : row.ratio.toFixed(2),
    row.peerName,
  ]);
  printTable([heading, ...lines], [2, 4, 5, 6, 7, 9]);
}

/**
 * The ratios of rows that have `hidden` and `batch`, as a table of both.
 * @param {readonly (Row & {hidden?: number, batch?: number})[]} rows
 */
export function printSizes(rows) {
  const sized = rows.filter(({ hidden }) => hidden !== undefined);
  for (const title of new Set(sized.map(({ engine, variant }) => `${engine}, ${variant}`))) {
    const own = sized.filter(({ engine, variant }) => `${engine}, ${variant}` === title);
    const batches = [...new Set(own.map(({ batch }) => batch))];
    const lines = [...new Set(own.map(({ hidden }) => hidden))].map((size) => [
      `H = ${size}`,
      ...batches.map((count) => {
        const row = own.find(({ hidden, batch }) => hidden === size && batch === count);
        return row ? `${row.ours.toFixed(1)} (${row.ratio?.toFixed(2)})` : '';
      }),
    ]);
    console.log(`\n${title}: GFLOP/s of a training step (against the tutorial's shape just then)`);
    printTable([['', ...batches.map((count) => `B = ${count}`)], ...lines], [1, 2, 3, 4, 5]);
  }
}

/** What was measured on. */
export function machine() {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${model}, ${cpus().length} processors, ${type()} ${release()}`;
}

/** @param {string} name below build/ @param {readonly Row[]} rows */
export function writeRows(name, rows) {
  const path = `${ROOT}build/${name}`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(rows, null, 2)}\n`);
  console.log(`\n${rows.length} rows: build/${name}`);
}

/** Uncommitted changes would make the numbers nobody's. */
export function commit() {
  try {
    const git = (/** @type {string[]} */ ...args) =>
      execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain') ? ' with changes' : '');
  } catch {
    return 'unknown commit';
  }
}
