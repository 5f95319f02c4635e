/** Blank first steps are computed once for all rows of a batch: the bits must be those of computing them all. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadEngine } from '../web/lib/index.js';
import { randomFloats, randomLabels } from './support/random.js';

const [BATCH, STEPS, INPUTS, CLASSES] = [60, 9, 10, 4]; // three shards
const CELLS = ['lstm', 'lstm-peephole', 'gru', 'rnn', 'feedforward'];

/** Pictures whose first `blank` steps hold `nothing`. @param {number} blank @param {number} nothing */
function pictures(blank, nothing) {
  const images = randomFloats(3, BATCH * STEPS * INPUTS);
  return images.map((x, i) => (Math.floor(i / INPUTS) % STEPS < blank ? nothing : x));
}

/**
 * Weights after three steps of training.
 * @param {import('../web/lib/index.js').Engine} engine
 * @param {Record<string, any>} config
 * @param {Float32Array} images
 * @param {number} dropout
 */
function trained(engine, config, images, dropout) {
  const sizes = { inputs: INPUTS, steps: STEPS, classes: CLASSES, batch: BATCH, hidden: 12, seed: 5 };
  const network = engine.createNetwork({ ...sizes, ...config });
  const dataset = engine.createDataset({
    images,
    labels: randomLabels(4, BATCH, CLASSES),
    rows: STEPS,
    columns: INPUTS,
    classes: CLASSES,
  });
  const trainer = network.trainer(dataset, { batch: BATCH, learningRate: 0.01, seed: 7, dropout });
  trainer.slice({ batches: 3 });
  const weights = [...network.tensors()].flatMap(([, { data }]) => [...data]);
  [trainer, network, dataset].forEach((part) => part.dispose());
  return weights;
}

for (const variant of ['scalar', 'simd']) {
  for (const cell of CELLS) {
    test(`${variant}, ${cell}: blank first steps, shared, train to the same bits as not shared`, async () => {
      const engine = await loadEngine({ variant, threads: 1 });
      const untouched = trained(engine, { cell, layers: 1 }, pictures(0, 0), 0);
      for (const [layers, dropout] of [
        [1, 0],
        [2, 0],
        [2, 0.3],
      ]) {
        for (const blank of [1, 4, STEPS]) {
          // -0 is no blank to the engine, yet adds nothing: the same sums, made for every row.
          const shared = trained(engine, { cell, layers }, pictures(blank, 0), dropout);
          const apart = trained(engine, { cell, layers }, pictures(blank, -0), dropout);
          assert.deepEqual(shared, apart, `${layers} layers, dropout ${dropout}, ${blank} blank`);
          assert.notDeepEqual(shared, untouched);
        }
      }
      engine.dispose();
    });
  }
}
