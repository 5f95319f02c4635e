/** The worker's compared networks, without a browser: what is measured on which weights, and their training. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ComparedTrainings } from '../../web/compared-trainings.js';
import { Comparison } from '../../web/comparison.js';
import { loadEngine } from '../../web/lib/index.js';
import { COMPARED } from '../../web/protocol.js';

/** @typedef {import('../../web/protocol.js').CompareRequest} CompareRequest */
/** @typedef {import('../../web/protocol.js').ComparedTraining} ComparedTraining */

const engine = await loadEngine({ threads: 1 });
after(() => engine.dispose());

const COUNT = 60;
const images = Uint8Array.from({ length: COUNT * 784 }, (_, i) => (i * 37) % 256);
const labels = Uint8Array.from({ length: COUNT }, (_, i) => i % 10);
const pixels = images.slice(0, 784);

/** @type {CompareRequest} */
const REQUEST = {
  pixels,
  stage: 'before',
  recurrentScale: 1,
  forgetBias: 1,
  label: 3,
  dot: { row: 2, column: 0 },
};

/** A shipped LSTM of 8 units. */
const shipped = engine.createNetwork({ hidden: 8, seed: 7 });
const file = shipped.toSafetensors({ metadata: { recipe: 'lstm', seed: '7' } });
const listed = /** @type {any} */ (
  Promise.resolve([{ file: 'lstm.safetensors', recipe: 'lstm', compared: true, accuracy: 0.5 }])
);
const createComparison = () => new Comparison(engine, listed, async () => file);

test('before training all five are there; after it those that are shipped', async () => {
  const comparison = createComparison();
  const before = await comparison.compare(REQUEST);
  assert.deepEqual(
    before.networks.map(({ name }) => name),
    COMPARED,
  );
  const after5 = await comparison.compare({ ...REQUEST, stage: 'after' });
  assert.deepEqual(
    after5.networks.map(({ name, accuracy }) => [name, accuracy]),
    [['lstm', 0.5]],
  );
  assert.deepEqual((await comparison.compare({ ...REQUEST, stage: 'here' })).networks, []);
});

test('a trained network is measured with another forget bias and scaled recurrent weights', async () => {
  const comparison = createComparison();
  const request = /** @type {CompareRequest} */ ({
    ...REQUEST,
    stage: 'after',
    forgetBias: 3,
    recurrentScale: 0.5,
  });
  const [found] = (await comparison.compare(request)).networks;
  const same = engine.createNetwork({ hidden: 8, seed: 7, forgetBias: 3 });
  const tensors = shipped.tensors();
  const recurrent = /** @type {{data: Float32Array}} */ (tensors.get('lstm.weight_hh_l0'));
  recurrent.data.forEach((value, i) => (recurrent.data[i] = value * 0.5));
  const own = /** @type {any} */ (same.tensors().get('lstm.bias_hh_l0'));
  same.setTensors(tensors.set('lstm.bias_hh_l0', own));
  const { layers, loss } = same.gradientFlow(pixels, [3]);
  assert.deepEqual(found.hidden, layers[0].hidden);
  assert.deepEqual(found.cell, layers[0].cell);
  assert.equal(found.loss, loss);
  same.dispose();
});

test('where there is ink the dot takes it away', async () => {
  const comparison = createComparison();
  for (const [column, added] of /** @type {const} */ ([
    [0, true],
    [4, false],
  ])) {
    assert.equal(pixels[2 * 28 + column] <= 127, added, 'the test’s own picture');
    const { networks } = await comparison.compare({ ...REQUEST, dot: { row: 2, column } });
    for (const { memory } of networks) assert.equal(memory.added, added);
  }
});

/** A training of all five with what it told. */
function createTrainings() {
  const comparison = createComparison();
  /** @type {ComparedTraining[]} */
  const told = [];
  const training = { isRunning: false };
  let disposed = 0;
  const dataset = engine.createDataset({ images, labels });
  const trainings = new ComparedTrainings({
    engine,
    comparison,
    training,
    tell: (status) => told.push(status),
    data: {
      load: async () => ({ train: dataset, test: dataset, dataSet: 'mnist' }),
      dispose: () => disposed++,
    },
  });
  /** @param {string} state */
  const until = async (state) => {
    while (told.at(-1)?.state !== state) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  return { comparison, trainings, training, told, until, disposed: () => disposed };
}

test('trains all five, of the same seed; they are compared then', async () => {
  const { comparison, trainings, told, until, disposed } = createTrainings();
  trainings.start();
  trainings.start(); // once is enough
  await until('done');
  assert.deepEqual(Object.keys(told.at(-1)?.accuracies ?? {}), COMPARED);
  assert.deepEqual(
    [...new Set(told.map(({ name }) => name).filter(Boolean))],
    COMPARED,
    'not one after the other, each once',
  );
  assert.ok(
    told.every(({ done }, i) => i === 0 || done >= told[i - 1].done),
    'the progress goes back',
  );
  const { networks } = await comparison.compare({ ...REQUEST, stage: 'here' });
  assert.deepEqual(
    networks.map(({ name }) => name),
    COMPARED,
  );
  const before = await comparison.compare(REQUEST);
  assert.notDeepEqual(networks[3].hidden, before.networks[3].hidden, 'nothing was learned');
  assert.equal(disposed(), 1);
});

test('waits while the other training runs; cancelled it leaves nothing', async () => {
  const { comparison, trainings, training, told, until, disposed } = createTrainings();
  training.isRunning = true;
  trainings.start();
  await until('waiting');
  training.isRunning = false;
  await until('running');
  training.isRunning = true;
  await until('waiting');
  trainings.cancel();
  await until('idle');
  assert.equal(told.at(-1)?.error, null);
  assert.deepEqual((await comparison.compare({ ...REQUEST, stage: 'here' })).networks, []);
  while (disposed() === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  training.isRunning = false;
  trainings.start();
  await until('done');
});
