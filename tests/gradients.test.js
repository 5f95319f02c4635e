/** Every gradient against central differences of a double-precision forward pass. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadEngine, LOSSES, supportedVariants } from '../web/lib/index.js';
import { randomFloats, randomLabels } from './support/random.js';
import { centralDifferences, forward, meanLoss } from './support/reference.js';

const CELLS_TO_TEST = [
  { cell: 'lstm' },
  { cell: 'lstm-peephole' },
  { cell: 'gru' },
  { cell: 'rnn', activation: 'tanh' },
  { cell: 'rnn', activation: 'linear' },
  { cell: 'rnn', activation: 'logistic' },
  { cell: 'feedforward', activation: 'tanh' },
  { cell: 'feedforward', activation: 'logistic' },
];

/** Sizes that are multiples of nothing, and some that need several shards. */
const SHAPES = [
  { inputs: 3, steps: 4, hidden: 5, layers: 1, classes: 3, batch: 2, forgetBias: 1 },
  { inputs: 1, steps: 1, hidden: 1, layers: 1, classes: 2, batch: 1, forgetBias: 0 },
  { inputs: 5, steps: 3, hidden: 9, layers: 2, classes: 9, batch: 27, forgetBias: 0.5 },
  { inputs: 4, steps: 3, hidden: 4, layers: 3, classes: 8, batch: 6, forgetBias: 1 },
];

/** @param {{batch: number, steps: number, inputs: number}} shape @param {Float32Array} values @returns {number[][][]} */
function nested({ batch, steps, inputs }, values) {
  return Array.from({ length: batch }, (_b, b) =>
    Array.from({ length: steps }, (_t, t) => {
      const at = (b * steps + t) * inputs;
      return Array.from(values.subarray(at, at + inputs));
    }),
  );
}

/**
 * A network with nothing left at zero: the biases drawn as well.
 * @param {import('../web/lib/index.js').Engine} engine
 * @param {Record<string, any>} config
 */
function drawnNetwork(engine, config) {
  const network = engine.createNetwork(config);
  const tensors = network.tensors();
  let seed = config.seed;
  for (const [name, { data }] of tensors) {
    const isDrawn = name.includes('bias_ih') || name === 'gru.bias_hh_l0' || name === 'output.bias';
    if (isDrawn) data.set(randomFloats(++seed, data.length).map((x) => x / 2));
  }
  network.setTensors(tensors);
  return network;
}

/** @param {Map<string, {shape: number[], data: Float32Array}>} tensors */
function inDoubles(tensors) {
  return new Map(
    [...tensors].map(([name, { shape, data }]) => [name, { shape, data: Float64Array.from(data) }]),
  );
}

/**
 * The tensor of a file that a gradient belongs to: a GRU's bias_hn is the last third of bias_hh.
 * @param {Map<string, {data: Float64Array}>} doubles
 * @param {string} name
 */
function valuesOf(doubles, name) {
  const { data } = /** @type {{data: Float64Array}} */ (doubles.get(name.replace('_hn_', '_hh_')));
  return name.includes('_hn_') ? data.subarray((data.length / 3) * 2) : data;
}

/** @param {string} variant @param {Record<string, any>} shape @param {string} loss */
async function checkGradients(variant, shape, loss) {
  const { classes, batch, steps, inputs } = shape;
  const engine = await loadEngine({ variant });
  const network = drawnNetwork(engine, { ...shape, seed: 7 });
  const images = randomFloats(1, batch * steps * inputs);
  const labels = randomLabels(2, batch, classes);
  const { loss: found, tensors } = network.gradients(images, labels, { loss });
  const doubles = inDoubles(network.tensors());
  const x = nested(/** @type {any} */ (shape), images);
  const evaluate = () => meanLoss(doubles, x, [...labels], loss, /** @type {any} */ (shape));
  assert.ok(Math.abs(found - evaluate()) < 2e-6, `loss ${found}, expected ${evaluate()}`);
  for (const [name, { data }] of tensors) {
    const expected = centralDifferences(evaluate, valuesOf(doubles, name));
    const greatest = Math.max(...expected.map(Math.abs));
    const isZero = steps === 1 && name.includes('weight_hh'); // nothing comes back
    assert.equal(greatest > 1e-7, !isZero, `${name}: the greatest gradient is ${greatest}`);
    // float32 sums over batch and steps; the differences' own error is about 1e-10.
    const tolerance = 3e-5 * greatest + 1e-9;
    for (const [i, value] of data.entries()) {
      const error = Math.abs(value - expected[i]);
      assert.ok(
        error < tolerance,
        `${name}[${i}]: ${value}, expected ${expected[i]}, ${JSON.stringify(shape)}`,
      );
    }
  }
  network.dispose();
}

for (const variant of await supportedVariants()) {
  for (const cell of CELLS_TO_TEST) {
    for (const loss of LOSSES) {
      test(`${variant}, ${loss}: gradients of ${Object.values(cell).join(', ')}`, async () => {
        for (const shape of SHAPES) await checkGradients(variant, { ...cell, ...shape }, loss);
      });
    }
  }
}

test('all hidden states and the final state are those of a double-precision pass', async () => {
  const shape = {
    cell: 'lstm',
    inputs: 6,
    steps: 5,
    hidden: 10,
    layers: 2,
    classes: 4,
    batch: 3,
    forgetBias: 1,
  };
  const engine = await loadEngine();
  const network = engine.createNetwork({ ...shape, seed: 3 });
  const images = randomFloats(5, 3 * 5 * 6);
  const { hidden, finalHidden, finalCell, logits } = network.forward(images, 3);
  const tensors = network.tensors();
  for (const [b, rows] of nested(shape, images).entries()) {
    const expected = forward(tensors, rows, shape);
    const close = (/** @type {number} */ a, /** @type {number} */ e, /** @type {string} */ what) =>
      assert.ok(Math.abs(a - e) < 3e-6, `${what} of image ${b}: ${a}, expected ${e}`);
    expected.hidden.forEach((h, t) =>
      h.forEach((value, u) => close(hidden[(b * 5 + t) * 10 + u], value, `h[${t}][${u}]`)),
    );
    const top = (3 + b) * 10; // layer 1 of 2
    expected.cell.forEach((value, u) => close(finalCell[top + u], value, `final c[${u}]`));
    expected.hidden[4].forEach((value, u) => close(finalHidden[top + u], value, `final h[${u}]`));
    expected.logits.forEach((value, k) => close(logits[b * 4 + k], value, `logit ${k}`));
  }
});
