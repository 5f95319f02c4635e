/**
 * `make bench-browser`: ours in Chromium and Firefox. The pages run the source of measure.js and ours.js.
 * --quick: to see that it runs.
 */

import { readFileSync } from 'node:fs';
import { createWorld, withPage } from '../browser/browser.js';
import { firstAnswerTimes } from './first-answer.js';
import { median } from './measure.js';
import { FIGURES } from './ours.js';
import { commit, machine, printRows, ROOT, ROW_NOTHING, timeRow, writeRows } from './report.js';

/** @typedef {import('./report.js').Row} Row */
/** @typedef {Record<string, import('./measure.js').Times>} TimesByName */

const quick = process.argv.includes('--quick');
const THREADS = [1, 2];
const EFFORT = { milliseconds: quick ? 60 : 4000, warmUp: quick ? 30 : 1500, rounds: 8, sample: 5 };
const VARIANTS = ['simd', 'relaxed'];
const LOADS = quick ? 1 : 9; // of the page, for the time to its first answer

/** A module's source as part of a function's body. @param {string} name */
function source(name) {
  return readFileSync(`${ROOT}tests/bench/${name}`, 'utf8').replace(/^export /gm, '');
}

/** What the page does first: loads engines, weights and images; gives the names of ours. */
const PREPARE = `(async () => {
  ${source('measure.js')}
  ${source('ours.js')}
  const lib = await import('/lib/index.js');
  const file = async (name) => {
    const response = await fetch(name);
    if (!response.ok) throw new Error(name + ': ' + response.status);
    return { bytes: new Uint8Array(await response.arrayBuffer()), name };
  };
  const images = async (part) => lib.readLabelledImages(
    await file('/data/' + part + '-images-idx3-ubyte.gz'), await file('/data/' + part + '-labels-idx1-ubyte.gz'));
  const model = (await file('/build/models/small.safetensors')).bytes;
  const material = { model, train: await images('train-10k'), test: await images('t10k') };
  const supported = await lib.supportedVariants();
  const all = [];
  for (const variant of ${JSON.stringify(VARIANTS)}.filter((name) => supported.includes(name))) {
    for (const threads of ${JSON.stringify(THREADS)}) all.push(await prepareOurs(lib, { variant, threads }, material));
  }
  globalThis.measureFigure = async (figure, effort) => {
    const candidates = all.map(({ name, calls }) => ({ name, run: calls[figure] }));
    return Object.fromEntries(await alternate(candidates, effort));
  };
  return all.map(({ name, engine }) => ({ name, variant: engine.variant, threads: engine.threads }));
})()`;

/** @typedef {{name: string, variant: string, threads: number}} Which */

/** @param {import('../browser/browser.js').World} world @returns {Promise<Row>} */
async function firstAnswerRow(world) {
  const times = await firstAnswerTimes(world, LOADS);
  const [ours, oursBest] = [median(times), Math.min(...times)];
  const which = { variant: 'as chosen', threads: 0 }; // what the page takes by itself
  return { ...ROW_NOTHING, ...which, figure: 'first answer', ours, oursBest, unit: 'ms' };
}

/** @param {'chromium' | 'firefox'} name @returns {Promise<Row[]>} */
async function measure(name) {
  const world = await createWorld(name);
  const version = (await world.browser.version()).match(/\d+/)?.[0];
  const engine = `${name === 'chromium' ? 'Chromium' : 'Firefox'} ${version}`;
  console.log(engine);
  /** @type {Row[]} */
  const rows = [];
  try {
    console.log('  first answer');
    rows.push({ ...(await firstAnswerRow(world)), engine });
    await withPage(world, { width: 800, height: 600 }, async (page) => {
      const ours = /** @type {Which[]} */ (await page.evaluate(PREPARE));
      for (const figure of /** @type {(keyof typeof FIGURES)[]} */ (Object.keys(FIGURES))) {
        console.log(`  ${figure}`);
        const script = `measureFigure(${JSON.stringify(figure)}, ${JSON.stringify(EFFORT)})`;
        const times = /** @type {TimesByName} */ (await page.evaluate(script));
        for (const which of ours) {
          const single = which.threads > 1 ? times[`ours ${which.variant} 1`] : undefined;
          const row = timeRow(figure, which, times[which.name], single, single && 'ours, 1 thread');
          rows.push({ ...row, engine });
        }
      }
    });
  } finally {
    await world.close();
  }
  return rows;
}

/**
 * The same module in Firefox and Chromium: one after the other, not in turn.
 * @param {readonly Row[]} chromium
 * @param {readonly Row[]} firefox
 * @returns {Row[]}
 */
function browserRows(chromium, firefox) {
  return firefox
    .filter(({ figure }) => figure === 'training step')
    .flatMap((row) => {
      const peer = chromium.find(
        ({ figure, variant, threads }) =>
          figure === row.figure && variant === row.variant && threads === row.threads,
      );
      if (!peer) return [];
      const { ours, oursBest, engine } = peer;
      return [
        { ...row, peer: ours, peerBest: oursBest, peerName: `ours in ${engine}`, ratio: ours / row.ours },
      ];
    });
}

console.log(`${machine()}; ${commit()}`);
const chromium = await measure('chromium');
const firefox = await measure('firefox');
const rows = [...chromium, ...firefox, ...browserRows(chromium, firefox)];
console.log('');
printRows(rows);
writeRows('bench-browser.json', rows);
