#!/usr/bin/env node
/**
 * Compares the tutorial's networks: feed-forward, RNN, y = x, LSTM, peepholes (and the GRU), each made by the same
 * training. Prints a table; nothing in it is written anywhere else.
 */

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { checkRecipe, loadEngine } from '../web/lib/index.js';
import { halfLife } from '../web/lib/inspect.js';
import { loadMnist, slice } from './mnist.js';

const RECIPES = ['feedforward', 'rnn-tanh', 'rnn-linear', 'lstm', 'lstm-peephole', 'gru'];
/** The test images that gradients are followed on, with their labels. */
const IMAGES = 1000;
const WARM_UP = 50;
const TIMED_BATCHES = 400;

const HELP = `Usage: node models/compare.js [--help]

For each of ${RECIPES.join(', ')}: parameters; accuracy of
models/NAME.safetensors on MNIST's test images; seconds an epoch of training takes here; and the
half-life of the gradient, in rows, before and after training: how many rows back from the last
|dL/dh_t| (for LSTMs of the cell state: |dL/dc_t|) is half of what it is at the last row; of the geometric
mean of that ratio over the first ${IMAGES} test images.`;

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

/** @typedef {import('../web/lib/index.js').Network} Network */
/** @typedef {import('../web/lib/idx.js').LabelledImages} LabelledImages */

/**
 * The half-life for a typical image: of the geometric mean of |gradient at a row| / |gradient at the last row|. A mean
 * of the norms themselves would tell of the few images that are read wrongly, whose gradients are a thousand
 * times those of the others.
 * @param {Network} network
 * @param {LabelledImages} images
 */
function typicalHalfLife(network, images) {
  /** @type {number[]} */
  let logs = [];
  for (let i = 0; i < images.count; i++) {
    const one = slice(images, i, i + 1);
    const [{ hidden, cell }] = network.gradientFlow(one.images, one.labels).layers;
    const norms = cell ?? hidden;
    const last = norms[norms.length - 1];
    logs = Array.from(norms, (norm, t) => (logs[t] ?? 0) + Math.log(norm / last));
  }
  return halfLife(logs.map((log) => Math.exp(log / images.count)));
}

/** @param {Network} network @param {import('../web/lib/index.js').Dataset} data @param {Record<string, any>} training */
function secondsPerEpoch(network, data, training) {
  const trainer = network.trainer(data, training);
  trainer.slice({ batches: WARM_UP });
  const start = performance.now();
  trainer.slice({ batches: TIMED_BATCHES });
  const seconds = (performance.now() - start) / 1000;
  const { batchesPerEpoch } = trainer.progress;
  trainer.dispose();
  return (seconds * batchesPerEpoch) / TIMED_BATCHES;
}

/** @param {number | null} rows */
function inRows(rows) {
  if (rows === null) return 'none';
  return rows === Infinity ? 'over 27' : rows.toFixed(1);
}

async function main() {
  if (process.argv.length > 2) {
    console.log(HELP);
    return;
  }
  const mnist = await loadMnist();
  const engine = await loadEngine({ variant: 'simd' });
  const train = engine.createDataset(mnist.train);
  const test = engine.createDataset(mnist.test);
  const images = slice(mnist.test, 0, IMAGES);
  console.log(
    `| network | parameters | accuracy | s an epoch, ${engine.threads} threads | half-life before | after |`,
  );
  console.log('| --- | --- | --- | --- | --- | --- |');
  for (const name of RECIPES) {
    const {
      network: config,
      training,
      seed,
    } = checkRecipe(JSON.parse(await readFile(here(`recipes/${name}.json`), 'utf8')));
    const network = engine.createNetwork({ ...config, seed, batch: training.batch });
    const before = typicalHalfLife(network, images);
    const seconds = secondsPerEpoch(network, train, { ...training, seed });
    network.dispose();
    const trained = engine.openNetwork(await readFile(here(`${name}.safetensors`)), { name });
    const { accuracy } = await trained.evaluate(test);
    const cells = [
      name,
      trained.parameterCount.toLocaleString('en'),
      `${(100 * accuracy).toFixed(2)} %`,
      seconds.toFixed(1),
      inRows(before),
      inRows(typicalHalfLife(trained, images)),
    ];
    console.log(`| ${cells.join(' | ')} |`);
    trained.dispose();
  }
}

await main();
