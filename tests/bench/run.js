/**
 * The benchmark in the Node that runs this: ours and the peers. bench.js starts it:
 *   node tests/bench/run.js [--quick] OUTPUT
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { loadMnist, slice } from '../../models/mnist.js';
import * as lib from '../../web/lib/index.js';
import { VALIDATION_IMAGES } from '../../web/mnist-files.js';
import { gemmRows } from './gemms.js';
import { alternate, median } from './measure.js';
import { firstOf, FIGURES, prepareOurs } from './ours.js';
import { preparePeers, peerVersions } from './peers.js';
import { ROOT, ROW_NOTHING, timeRow } from './report.js';
import { memoryRows, sizeRows } from './sizes.js';

/** @typedef {import('./ours.js').Ours} Ours */
/** @typedef {import('./peers.js').Peer} Peer */
/** @typedef {Omit<import('./report.js').Row, 'engine'>} NewRow */

const THREADS = [1, 2];
const CHECKED_IMAGES = 50;
const LOGITS_TOLERANCE = 1e-4; // they are up to about 20: five digits, as float32 sums in another order have
const COLD_STEPS = 10;
const EVALUATION_GOAL = 0.8; // seconds for 10,000 images

const quick = process.argv.includes('--quick');
const effort = (/** @type {number} */ milliseconds) => (quick ? milliseconds / 40 : milliseconds);
const say = (/** @type {string} */ what) => console.log(`  ${what}`);

/** The steps that a user meets first: nothing is compiled yet. Must run before anything else has. */
async function coldRows(/** @type {import('./ours.js').Material} */ material) {
  /** @type {NewRow[]} */
  const rows = [];
  for (const variant of (await lib.supportedVariants()).filter((name) => name !== 'scalar')) {
    const start = performance.now();
    const ours = await prepareOurs(lib, { variant, threads: 1 }, material);
    const ready = performance.now() - start;
    const times = Array.from({ length: COLD_STEPS }, () => {
      const before = performance.now();
      ours.calls['training step']();
      return performance.now() - before;
    });
    ours.engine.dispose();
    const figures = { 'cold: engine, networks, data': ready, 'cold: first training step': times[0] };
    const later = median(times.slice(1));
    for (const [figure, value] of Object.entries({ ...figures, [`cold: steps 2 to ${COLD_STEPS}`]: later })) {
      rows.push({ ...ROW_NOTHING, figure, variant, ours: value, unit: 'ms' });
    }
  }
  return rows;
}

/**
 * All compute the same logits, or nothing is measured.
 * @param {readonly Ours[]} ours
 * @param {readonly Peer[]} peers
 * @param {Uint8Array} images
 */
async function checkLogits(ours, peers, images) {
  const expected = ours[0].reader.forward(images, CHECKED_IMAGES).logits;
  const check = (/** @type {string} */ name, /** @type {Float32Array} */ found) => {
    const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i])), 0);
    say(`${name}: logits of ${CHECKED_IMAGES} images differ by at most ${worst.toExponential(1)}`);
    if (found.length !== expected.length || !(worst <= LOGITS_TOLERANCE)) {
      throw new Error(`${name} computes other logits than ${ours[0].name}: not the same network`);
    }
  };
  for (const { name, reader } of ours) check(name, reader.forward(images, CHECKED_IMAGES).logits);
  for (const { name, threads, logits } of peers) {
    check(`${name} ${threads}`, await logits(CHECKED_IMAGES));
  }
}

/**
 * A figure of all of ours and all peers in turn; ours against peers of as many threads, TensorFlow.js always.
 * @param {keyof typeof FIGURES} figure
 * @param {readonly Ours[]} ours
 * @param {readonly Peer[]} peers
 * @returns {Promise<NewRow[]>}
 */
async function figureRows(figure, ours, peers) {
  const others = peers.filter(({ calls }) => calls[figure]);
  const peerKey = (/** @type {Peer} */ { name, threads }) =>
    `${name}, ${threads} thread${threads > 1 ? 's' : ''}`;
  const candidates = [
    ...ours.map(({ name, calls }) => ({ name, run: calls[figure] })),
    ...ours.flatMap(({ name, quantised: { [figure]: run } }) =>
      run ? [{ name: `${name}, 8 bits`, run }] : [],
    ),
    ...others.map((peer) => ({ ...peer.calls[figure], name: peerKey(peer) })),
  ];
  const times = await alternate(candidates, { milliseconds: effort(2500), warmUp: effort(700) });
  const timeOf = (/** @type {string} */ name) => times.get(name) ?? { median: NaN, best: NaN, count: 0 };
  return ours.flatMap(({ name, engine }) => {
    const own = timeOf(name);
    const fitting = others.filter(
      ({ threads, calls }) => threads === engine.threads || calls['training step'],
    );
    const rows = fitting.flatMap((peer) => {
      const row = (/** @type {import('./measure.js').Times} */ time) =>
        timeRow(figure, engine, time, timeOf(peerKey(peer)), peerKey(peer));
      const quantised = times.get(`${name}, 8 bits`);
      return [row(own), ...(quantised ? [{ ...row(quantised), figure: `${figure}, 8 bits` }] : [])];
    });
    if (engine.threads === 1) return rows;
    const single = `ours ${engine.variant} 1`;
    return [...rows, timeRow(figure, engine, own, timeOf(single), `ours, 1 thread`)];
  });
}

/** @param {readonly Ours[]} ours @returns {Promise<NewRow[]>} */
async function evaluationRows(ours) {
  const single = ours.filter(({ engine }) => engine.threads === 1);
  const candidates = single.map(({ name, evaluateAll }) => ({ name, run: evaluateAll }));
  const times = await alternate(candidates, { milliseconds: effort(4000), warmUp: 1, rounds: quick ? 1 : 5 });
  return single.map(({ name, engine }) => {
    const { median: middle = NaN, best = NaN } = times.get(name) ?? {};
    return {
      ...ROW_NOTHING,
      figure: 'evaluation of 10,000 images',
      variant: engine.variant,
      ours: middle / 1000,
      oursBest: best / 1000,
      peer: EVALUATION_GOAL,
      peerName: 'goal',
      unit: 's',
      ratio: (EVALUATION_GOAL * 1000) / middle,
    };
  });
}

async function main() {
  const output = process.argv[process.argv.length - 1];
  const { train, test } = await loadMnist();
  const model = new Uint8Array(readFileSync(`${ROOT}models/small.safetensors`));
  const material = { model, train: slice(train, VALIDATION_IMAGES, VALIDATION_IMAGES + 10_000), test };
  const variants = (await lib.supportedVariants()).filter((name) => name !== 'scalar').reverse();
  say('cold first steps');
  const rows = await coldRows(material);
  const ours = [];
  for (const variant of variants) {
    for (const threads of THREADS) ours.push(await prepareOurs(lib, { variant, threads }, material));
  }
  const peers = await preparePeers(ours[0].reader, material, THREADS);
  const versions = { Node: process.version, V8: process.versions.v8, ...peerVersions() };
  say(Object.entries(versions).flat().join(' '));
  await checkLogits(ours, peers, firstOf(test, CHECKED_IMAGES).images);
  for (const figure of /** @type {(keyof typeof FIGURES)[]} */ (Object.keys(FIGURES))) {
    say(figure);
    rows.push(...(await figureRows(figure, ours, peers)));
  }
  say('evaluation');
  rows.push(...(await evaluationRows(ours)));
  for (const { engine } of ours) engine.dispose();
  for (const variant of variants) {
    say(`${variant}: GEMMs against the ceiling, other sizes, memory`);
    rows.push(...(await gemmRows(variant, effort)));
    rows.push(...(await sizeRows(variant, effort)));
    for (const threads of THREADS) rows.push(...(await memoryRows(variant, threads, train)));
  }
  writeFileSync(output, JSON.stringify(rows));
  process.exit(0); // the peers' threads would keep it
}

await main();
