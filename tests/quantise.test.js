/** Reading with 8-bit weights: the same answers in every build, close to those of floats, and never of old weights. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { loadEngine, supportedVariants } from '../web/lib/index.js';
import { loadMnist, slice } from '../models/mnist.js';
import { newWeights, randomFloats, randomLabels } from './support/random.js';

const [STEPS, INPUTS, CLASSES, COUNT] = [9, 10, 4, 30];
const SIZE = STEPS * INPUTS;

/** Pictures, some of which begin with blank steps. @param {number} most the greatest number in them */
function pictures(most) {
  return randomFloats(3, COUNT * SIZE).map((x, i) => {
    const [picture, step] = [Math.floor(i / SIZE), Math.floor(i / INPUTS) % STEPS];
    return step < picture % 4 ? 0 : most * Math.abs(x);
  });
}

/**
 * @param {import('../web/lib/index.js').Engine} engine
 * @param {Record<string, unknown>} config
 */
function createNetwork(engine, config) {
  const sizes = { inputs: INPUTS, steps: STEPS, classes: CLASSES, hidden: 13, batch: COUNT, seed: 6 };
  const network = engine.createNetwork({ ...sizes, ...config });
  newWeights(network, 10);
  return network;
}

/** @param {import('../web/lib/index.js').Network} network @param {Float32Array} images */
function logitsOf(network, images) {
  return Array.from({ length: COUNT }, (_, i) => [
    ...network.predict(images.slice(i * SIZE, (i + 1) * SIZE)).logits,
  ]).flat();
}

/** @param {readonly number[]} a @param {readonly number[]} b */
const distance = (a, b) => Math.max(...a.map((value, i) => Math.abs(value - b[i])));

const sigmoid = (/** @type {number} */ x) => 1 / (1 + Math.exp(-x));

/**
 * One layer as BasicLSTMCell in double precision, its products in 8 bits as kernels.h tells.
 * @param {Map<string, import('../web/lib/safetensors.js').Tensor>} tensors
 * @param {Float32Array} image
 * @param {number} hidden
 */
function reference(tensors, image, hidden) {
  const of = (/** @type {string} */ name) => /** @type {any} */ (tensors.get(name)).data;
  const [wx, wh, bias, biasH] = ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'].map((name) =>
    of(`lstm.${name}_l0`),
  );
  const columns = Array.from({ length: 4 * hidden }, (_, row) => {
    const column = [
      ...wx.subarray(row * INPUTS, (row + 1) * INPUTS),
      ...wh.subarray(row * hidden, (row + 1) * hidden),
    ];
    const scale = Math.max(...column.map(Math.abs)) / 63;
    return { scale, whole: column.map((w) => Math.round(w / scale)) };
  });
  let [h, c] = [new Array(hidden).fill(0), new Array(hidden).fill(0)];
  for (let t = 0; t < STEPS; t++) {
    const input = [...image.subarray(t * INPUTS, (t + 1) * INPUTS), ...h];
    const scale = Math.max(1, ...input.map(Math.abs)) / 127;
    const whole = input.map((x) => Math.round(x / scale));
    const gates = columns.map(
      (column, row) =>
        column.whole.reduce((sum, w, k) => sum + w * whole[k], 0) * scale * column.scale +
        bias[row] +
        biasH[row],
    );
    const gate = (/** @type {number} */ place) => gates.slice(place * hidden, (place + 1) * hidden);
    const [i, f, g, o] = [0, 1, 2, 3].map(gate);
    c = c.map((last, u) => sigmoid(f[u]) * last + sigmoid(i[u]) * Math.tanh(g[u]));
    h = c.map((value, u) => sigmoid(o[u]) * Math.tanh(value));
  }
  const [output, outputBias] = [of('output.weight'), of('output.bias')];
  return Array.from({ length: CLASSES }, (_, k) =>
    h.reduce((sum, value, u) => sum + value * output[k * hidden + u], outputBias[k]),
  );
}

for (const most of [1, 7]) {
  test(`in 8 bits, inputs up to ${most}: what the formulas say`, async () => {
    const engine = await loadEngine({ variant: 'simd', threads: 1 });
    const network = createNetwork(engine, { cell: 'lstm' });
    network.quantise();
    const images = pictures(most);
    const tensors = network.tensors();
    const expected = Array.from({ length: COUNT }, (_, i) =>
      reference(tensors, images.subarray(i * SIZE, (i + 1) * SIZE), 13),
    ).flat();
    // Where a number lies between two whole ones, floats and doubles may take another each.
    const off = logitsOf(network, images).map((value, i) => Math.abs(value - expected[i]));
    assert.ok(off.filter((value) => value > 1e-5).length < off.length / 10, `off by ${off}`);
    assert.ok(Math.max(...off) < 0.05);
    engine.dispose();
  });
}

for (const cell of ['lstm', 'lstm-peephole']) {
  test(`${cell}: 8 bits, one by one and in batches, of the weights as they are`, async () => {
    const images = pictures(1);
    const labels = randomLabels(4, COUNT, CLASSES);
    /** @type {Map<string, number[]>} */
    const found = new Map();
    for (const variant of await supportedVariants()) {
      const engine = await loadEngine({ variant, threads: 1 });
      const network = createNetwork(engine, { cell, layers: 2 });
      const dataset = engine.createDataset({
        images,
        labels,
        steps: STEPS,
        inputs: INPUTS,
        classes: CLASSES,
      });
      const floats = logitsOf(network, images);
      network.quantise();
      const first = logitsOf(network, images);
      found.set(variant, first);
      assert.notDeepEqual(first, floats);
      assert.ok(distance(first, floats) < 0.25, `${variant}: off by ${distance(first, floats)}`);
      const { predictions } = await network.evaluate(dataset);
      const best = (/** @type {number} */ i) => {
        const own = first.slice(i * CLASSES, (i + 1) * CLASSES);
        return own.indexOf(Math.max(...own));
      };
      assert.deepEqual(
        [...predictions],
        Array.from({ length: COUNT }, (_, i) => best(i)),
      );
      // States are those of floats, as ever.
      assert.deepEqual([...network.forward(images).logits], floats);

      const trainer = network.trainer(dataset, { batch: COUNT, learningRate: 0.1 });
      trainer.slice({ batches: 2 });
      const trained = logitsOf(network, images);
      assert.ok(distance(trained, first) > 0.1, 'training changed nothing');
      const fresh = engine.openNetwork(network.toSafetensors(), { batch: COUNT });
      fresh.quantise();
      assert.deepEqual(logitsOf(fresh, images), trained);
      network.quantise(false);
      assert.deepEqual(logitsOf(network, images), [...network.forward(images).logits]);
      [trainer, dataset, network, fresh].forEach((part) => part.dispose());
      engine.dispose();
    }
    assert.deepEqual(found.get('simd'), found.get('scalar'));
    const relaxed = found.get('relaxed');
    if (relaxed) assert.ok(distance(relaxed, found.get('simd') ?? []) < 0.05);
  });
}

test('other cells are refused, and read on', async () => {
  const engine = await loadEngine({ threads: 1 });
  for (const cell of ['gru', 'rnn', 'feedforward']) {
    const network = createNetwork(engine, { cell });
    const before = logitsOf(network, pictures(1));
    assert.throws(() => network.quantise(), { code: 'bad-config', message: new RegExp(`"?${cell}"?`) });
    assert.deepEqual(logitsOf(network, pictures(1)), before);
  }
  engine.dispose();
});

for (const name of ['best', 'small']) {
  test(`${name}: 8 bits lose less than 0.05 % of the test images`, async () => {
    const engine = await loadEngine();
    const file = await readFile(new URL(`../models/${name}.safetensors`, import.meta.url));
    const network = engine.openNetwork(file, { name });
    const dataset = engine.createDataset(slice((await loadMnist()).test, 0));
    const floats = await network.evaluate(dataset);
    network.quantise();
    const { accuracy, predictions } = await network.evaluate(dataset);
    assert.ok(accuracy > floats.accuracy - 0.0005, `${accuracy}, floats ${floats.accuracy}`);
    const others = predictions.filter((label, i) => label !== floats.predictions[i]).length;
    assert.ok(others <= 30, `${others} other answers`);
    engine.dispose();
  });
}
