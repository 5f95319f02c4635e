/** Forward pass, gradients and training against TensorFlow.js: same weights, same batches of MNIST. */

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { loadMnist } from '../models/mnist.js';
import { loadEngine, LOSSES, supportedVariants } from '../web/lib/index.js';
import { TensorFlowNetwork, tf, useBackend } from './support/tensorflow.js';

const BATCH = 50;
const EPSILON = 2 ** -24; // half a unit in the last place of 1 in float32
// A gate's sum has 128 products of magnitude about 0.1; 28 steps of states bounded by 1; tanh here
// is within 5e-7. Errors add up like a random walk: sqrt(128 * 28) roundings, and the tanh's 28 times.
const STATE_TOLERANCE = Math.sqrt(128 * 28) * EPSILON + Math.sqrt(28) * 5e-7;

/** @type {import('../web/lib/idx.js').LabelledImages} */
let mnist;
before(async () => {
  await useBackend('wasm');
  mnist = (await loadMnist()).train;
});

/** Batch k as our arrays and as TensorFlow's. @param {number} k */
function batchOf(k) {
  const images = Float32Array.from(mnist.images.subarray(k * BATCH * 784, (k + 1) * BATCH * 784), (v) =>
    Math.fround(v * Math.fround(1 / 255)),
  );
  const labels = mnist.labels.subarray(k * BATCH, (k + 1) * BATCH);
  const x = tf.tensor3d(images, [BATCH, 28, 28]);
  const y = tf.oneHot(tf.tensor1d(labels, 'int32'), 10);
  return { images, labels, x, y };
}

/** @param {ArrayLike<number>} found @param {ArrayLike<number>} expected @param {number} tolerance @param {string} what */
function assertClose(found, expected, tolerance, what) {
  assert.equal(found.length, expected.length, `${what}: length`);
  let worst = 0;
  for (let i = 0; i < found.length; i++) {
    const error = Math.abs(found[i] - expected[i]);
    if (!(error <= Math.abs(found[worst] - expected[worst]))) worst = i;
  }
  const error = Math.abs(found[worst] - expected[worst]);
  assert.ok(
    error <= tolerance,
    `${what}[${worst}]: ${found[worst]}, TensorFlow.js has ${expected[worst]} (${error} > ${tolerance})`,
  );
}

for (const variant of await supportedVariants()) {
  test(`${variant}: logits and all states are TensorFlow's`, async () => {
    const engine = await loadEngine({ variant });
    const network = engine.createNetwork({ batch: BATCH, seed: 11 });
    const oracle = new TensorFlowNetwork(network);
    const { images, x } = batchOf(3);
    const found = network.forward(images, BATCH);
    const { all, c, h } = oracle.states(x);
    assertClose(found.hidden, all.dataSync(), STATE_TOLERANCE, 'hidden');
    assertClose(found.finalHidden, h.dataSync(), STATE_TOLERANCE, 'finalHidden');
    assertClose(found.finalCell, c.dataSync(), 2 * STATE_TOLERANCE, 'finalCell');
    assertClose(found.logits, oracle.logits(x).dataSync(), 4 * STATE_TOLERANCE, 'logits');
    assertClose(
      found.probabilities,
      tf.softmax(oracle.logits(x)).dataSync(),
      2 * STATE_TOLERANCE,
      'probabilities',
    );
  });

  for (const loss of LOSSES) {
    test(`${variant}, ${loss}: gradients of every parameter are TensorFlow's`, async () => {
      const engine = await loadEngine({ variant });
      const network = engine.createNetwork({ batch: BATCH, seed: 12 });
      const { images, labels, x, y } = batchOf(5);
      const found = network.gradients(images, labels, { loss });
      const expected = new TensorFlowNetwork(network).gradients(x, y, loss);
      assert.ok(Math.abs(found.loss - expected.loss) < 1e-5, `loss ${found.loss}, ${expected.loss}`);
      for (const [name, { data }] of found.tensors) {
        const values = /** @type {Float32Array} */ (expected.tensors.get(name));
        const greatest = values.reduce((max, v) => Math.max(max, Math.abs(v)), 0);
        assert.ok(greatest > 1e-5, `${name}: TensorFlow's gradient is all but zero`);
        // Sums of 1,400 products, relative to the tensor's greatest gradient.
        assertClose(data, values, greatest * Math.sqrt(1400) * EPSILON * 8, `d ${name}`);
      }
    });
  }
}

for (const loss of LOSSES) {
  test(`${loss}: twenty training steps have TensorFlow's losses`, async () => {
    const engine = await loadEngine();
    const network = engine.createNetwork({ batch: BATCH, seed: 13 });
    const oracle = new TensorFlowNetwork(network);
    const options = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };
    const { learningRate, beta1, beta2, epsilon } = options;
    const adam = tf.train.adam(learningRate, beta1, beta2, epsilon);
    // One epoch over 1,000 images; our order, read back from which batch gives which loss, is not
    // exported: so each step is an epoch of its own over one batch, whose order does not matter.
    for (let step = 0; step < 20; step++) {
      const { images, labels, x, y } = batchOf(step);
      const dataset = engine.createDataset({ images, labels });
      const trainer = network.trainer(dataset, { ...options, loss, epochs: 1, batch: BATCH });
      const found = trainer.slice({ batches: 1 }).loss;
      trainer.dispose();
      dataset.dispose();
      const cost = adam.minimize(() => /** @type {any} */ (oracle.loss(x, y, loss)), true);
      const expected = /** @type {any} */ (cost).dataSync()[0];
      // Adam divides by the root of tiny squares: rounding differences grow with the steps.
      const tolerance = 2e-6 * (step + 1);
      assert.ok(
        Math.abs(found - expected) <= tolerance,
        `step ${step}: loss ${found}, TensorFlow.js has ${expected}`,
      );
    }
  });
}
