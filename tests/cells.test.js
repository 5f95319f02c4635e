/**
 * The cells against somebody else's: TensorFlow.js' layers where it has the cell, onnxruntime's operators for the
 * others. Gradients of all: gradients.test.js.
 */

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as ort from 'onnxruntime-web';
import { FileError, loadEngine, readSafetensors, writeSafetensors } from '../web/lib/index.js';
import { toOnnx } from './support/onnx.js';
import { randomFloats, randomLabels } from './support/random.js';
import { tf, useBackend } from './support/tensorflow.js';

const [BATCH, STEPS, INPUTS, HIDDEN, CLASSES] = [9, 12, 10, 30, 4];
const SIZES = { inputs: INPUTS, steps: STEPS, hidden: HIDDEN, classes: CLASSES, batch: BATCH };
// 12 steps of sums of 40 products in float32, and tanh within 5e-7 on either side.
const TOLERANCE = 5e-6;

before(() => useBackend('cpu')); // TensorFlow.js' wasm backend lacks some of the layers' operations

const images = randomFloats(3, BATCH * STEPS * INPUTS);
const labels = randomLabels(4, BATCH, CLASSES);

/** A network whose biases are drawn as well. @param {Record<string, any>} config */
async function drawnNetwork(config) {
  const engine = await loadEngine();
  const network = engine.createNetwork({ ...SIZES, ...config, seed: 5 });
  const tensors = network.tensors();
  for (const [name, { data }] of tensors) {
    // A file's second bias is free in a GRU alone: elsewhere it is the forget bias or zero.
    if (name.includes('bias') && (!name.includes('_hh_') || config.cell === 'gru')) {
      data.set(randomFloats(name.length, data.length).map((x) => x / 2));
    }
  }
  network.setTensors(tensors);
  return network;
}

/** @param {ArrayLike<number>} found @param {ArrayLike<number>} expected @param {string} what @param {number} [tolerance] */
function assertClose(found, expected, what, tolerance = TOLERANCE) {
  assert.equal(found.length, expected.length, what);
  let moves = 0;
  for (let i = 0; i < found.length; i++) {
    const error = Math.abs(found[i] - expected[i]);
    assert.ok(error <= tolerance, `${what}[${i}]: ${found[i]}, expected ${expected[i]}`);
    moves = Math.max(moves, Math.abs(expected[i]));
  }
  assert.ok(moves > 1e-3, `${what}: all but zero`);
}

/** [T, 1, B, H] as [B][T][H]. @param {ArrayLike<number>} states */
function batchFirst(states) {
  return Float32Array.from({ length: BATCH * STEPS * HIDDEN }, (_, i) => {
    const [unit, step] = [i % HIDDEN, Math.floor(i / HIDDEN) % STEPS];
    const image = Math.floor(i / (HIDDEN * STEPS));
    return states[(step * BATCH + image) * HIDDEN + unit];
  });
}

for (const config of [
  { cell: 'lstm', forgetBias: 1 },
  { cell: 'lstm-peephole', forgetBias: 0.5 },
  { cell: 'gru' },
  { cell: 'rnn', activation: 'tanh' },
  { cell: 'rnn', activation: 'linear' },
]) {
  test(`${Object.values(config).join(', ')}: all states and logits are those of onnxruntime's operator`, async () => {
    const network = await drawnNetwork(config);
    const session = await ort.InferenceSession.create(toOnnx(network, { states: true }));
    const stepsFirst = Float32Array.from(images, (_, i) => {
      const [step, image] = [Math.floor(i / (BATCH * INPUTS)), Math.floor(i / INPUTS) % BATCH];
      return images[(image * STEPS + step) * INPUTS + (i % INPUTS)];
    });
    const input = new ort.Tensor('float32', stepsFirst, [STEPS, BATCH, INPUTS]);
    const expected = await session.run({ images: input });
    const found = network.forward(images, BATCH);
    const states = batchFirst(/** @type {Float32Array} */ (expected.states.data));
    const greatest = Math.max(1, ...states.map(Math.abs)); // y = x is not bounded
    assertClose(found.hidden, states, 'states', TOLERANCE * greatest);
    assertClose(found.logits, /** @type {any} */ (expected.logits.data), 'logits', 4 * TOLERANCE * greatest);
  });
}

/** [G H, n] as Keras' [n, G H]. @param {{data: Float32Array}} tensor @param {number} n */
function transposed({ data }, n) {
  const rows = data.length / n;
  return tf.tensor2d(
    Float32Array.from({ length: data.length }, (_, i) => data[(i % rows) * n + Math.floor(i / rows)]),
    [n, rows],
  );
}

/** Kernel, recurrent kernel and bias, as Keras' layers take them. @param {import('../web/lib/index.js').Network} network @param {string} prefix */
function kerasWeights(network, prefix) {
  const tensors = network.tensors();
  const of = (/** @type {string} */ name) =>
    /** @type {{data: Float32Array}} */ (tensors.get(`${prefix}.${name}_l0`));
  const bias = of('bias_ih').data.map((value, i) => value + of('bias_hh').data[i]);
  return [transposed(of('weight_ih'), INPUTS), transposed(of('weight_hh'), HIDDEN), tf.tensor1d(bias)];
}

const x = () => tf.tensor3d(images, [BATCH, STEPS, INPUTS]);

for (const activation of ['tanh', 'linear']) {
  test(`rnn, ${activation}: states and gradients are those of TensorFlow.js' simpleRNN`, async () => {
    const network = await drawnNetwork({ cell: 'rnn', activation });
    const layer = tf.layers.simpleRNN({
      units: HIDDEN,
      activation: /** @type {any} */ (activation),
      returnSequences: true,
    });
    const symbolic = tf.input({ shape: [STEPS, INPUTS] });
    const model = tf.model({ inputs: symbolic, outputs: /** @type {any} */ (layer.apply(symbolic)) });
    layer.setWeights(kerasWeights(network, 'rnn'));
    const states = /** @type {any} */ (model.predict(x()));
    assertClose(network.forward(images, BATCH).hidden, states.dataSync(), 'states', 4 * TOLERANCE);

    const output = network.tensors();
    const weight = tf.tensor2d(/** @type {any} */ (output.get('output.weight')).data, [CLASSES, HIDDEN]);
    const bias = tf.tensor1d(/** @type {any} */ (output.get('output.bias')).data);
    const variables = /** @type {any} */ (layer.trainableWeights.map((w) => /** @type {any} */ (w).val));
    const { value, grads } = tf.variableGrads(() => {
      const all = /** @type {any} */ (model.apply(x(), { training: true }));
      const last = all.slice([0, STEPS - 1, 0], [BATCH, 1, HIDDEN]).reshape([BATCH, HIDDEN]);
      const logits = last.matMul(weight, false, true).add(bias);
      return tf.losses.softmaxCrossEntropy(tf.oneHot(tf.tensor1d(labels, 'int32'), CLASSES), logits);
    }, variables);
    const found = network.gradients(images, labels);
    assert.ok(Math.abs(found.loss - value.dataSync()[0]) < 2e-6, `loss ${found.loss}`);
    const expected = variables.map((/** @type {any} */ { name }) => grads[name].dataSync());
    const of = (/** @type {string} */ name) => /** @type {any} */ (found.tensors.get(`rnn.${name}_l0`));
    const greatest = Math.max(1, ...expected[1].map(Math.abs));
    const close = 2 * TOLERANCE * greatest;
    assertClose(transposed(of('weight_ih'), INPUTS).dataSync(), expected[0], 'd weight_ih', close);
    assertClose(transposed(of('weight_hh'), HIDDEN).dataSync(), expected[1], 'd weight_hh', close);
    assertClose(of('bias_ih').data, expected[2], 'd bias_ih', close);
  });
}

test("lstm: states are those of TensorFlow.js' lstm layer", async () => {
  const network = await drawnNetwork({ cell: 'lstm', forgetBias: 1 });
  const layer = tf.layers.lstm({ units: HIDDEN, recurrentActivation: 'sigmoid', returnSequences: true });
  const symbolic = tf.input({ shape: [STEPS, INPUTS] });
  const model = tf.model({ inputs: symbolic, outputs: /** @type {any} */ (layer.apply(symbolic)) });
  layer.setWeights(kerasWeights(network, 'lstm')); // Keras' gates are i, f, c, o, as PyTorch's
  const states = /** @type {any} */ (model.predict(x()));
  assertClose(network.forward(images, BATCH).hidden, states.dataSync(), 'states');
});

for (const activation of ['tanh', 'logistic']) {
  test(`feedforward, ${activation}: the hidden layer and gradients are those of TensorFlow.js' dense`, async () => {
    const network = await drawnNetwork({ cell: 'feedforward', activation });
    const tensors = network.tensors();
    const of = (/** @type {string} */ name) => /** @type {{data: Float32Array}} */ (tensors.get(name));
    const kernel = tf.variable(transposed(of('feedforward.weight_ih_l0'), STEPS * INPUTS));
    const bias = tf.variable(tf.tensor1d(of('feedforward.bias_ih_l0').data));
    const weight = tf.tensor2d(of('output.weight').data, [CLASSES, HIDDEN]);
    const flat = tf.tensor2d(images, [BATCH, STEPS * INPUTS]);
    const hidden = () => {
      const sums = flat.matMul(kernel).add(bias);
      return activation === 'tanh' ? sums.tanh() : sums.sigmoid();
    };
    assertClose(network.forward(images, BATCH).hidden, hidden().dataSync(), 'hidden');
    const { grads } = tf.variableGrads(() => {
      const logits = hidden()
        .matMul(weight, false, true)
        .add(tf.tensor1d(of('output.bias').data));
      return tf.losses.softmaxCrossEntropy(tf.oneHot(tf.tensor1d(labels, 'int32'), CLASSES), logits);
    }, [kernel, bias]);
    const found = network.gradients(images, labels).tensors;
    const dKernel = transposed(/** @type {any} */ (found.get('feedforward.weight_ih_l0')), STEPS * INPUTS);
    assertClose(dKernel.dataSync(), grads[kernel.name].dataSync(), 'd weight_ih');
    const dBias = /** @type {any} */ (found.get('feedforward.bias_ih_l0')).data;
    assertClose(dBias, grads[bias.name].dataSync(), 'd bias_ih');
  });
}

for (const cell of ['lstm', 'lstm-peephole', 'gru', 'rnn']) {
  test(`${cell}: three layers are trained, saved and brought back`, async () => {
    const engine = await loadEngine();
    const settings = cell === 'rnn' ? { activation: /** @type {const} */ ('tanh') } : {};
    const network = engine.createNetwork({ ...SIZES, ...settings, cell, layers: 3, seed: 5 });
    const untrained = network.toSafetensors();
    const data = engine.createDataset({ images, labels, rows: STEPS, columns: INPUTS, classes: CLASSES });
    const trainer = network.trainer(data, { batch: BATCH, epochs: 2, learningRate: 0.01, seed: 1 });
    trainer.slice({ batches: 2 });
    trainer.dispose();
    const file = network.toSafetensors();
    const [old, trained] = [untrained, file].map((bytes) => readSafetensors(bytes).tensors);
    for (const [name, { data: values }] of trained) {
      // Both biases of PyTorch's format are trained as one, which stands in the first.
      if (cell !== 'gru' && name.includes('bias_hh')) continue;
      assert.notDeepEqual(values, old.get(name)?.data, `${name} is not trained`);
    }
    const again = engine.openNetwork(file, { batch: BATCH });
    assert.equal(again.config.layers, 3);
    assert.deepEqual(again.forward(images, BATCH).logits, network.forward(images, BATCH).logits);
    assert.equal(again.trace(images.subarray(0, STEPS * INPUTS)).layers.length, 3);
  });
}

/** The tensors that a file of each cell has, with PyTorch's names and shapes where PyTorch has the cell. */
const FILES = {
  lstm: { weight_ih: [120, 10], weight_hh: [120, 30], bias_ih: [120], bias_hh: [120] },
  'lstm-peephole': {
    weight_ih: [120, 10],
    weight_hh: [120, 30],
    bias_ih: [120],
    bias_hh: [120],
    peephole: [3, 30],
  },
  gru: { weight_ih: [90, 10], weight_hh: [90, 30], bias_ih: [90], bias_hh: [90] },
  rnn: { weight_ih: [30, 10], weight_hh: [30, 30], bias_ih: [30], bias_hh: [30] },
  feedforward: { weight_ih: [30, 120], bias_ih: [30] },
};

for (const [cell, shapes] of Object.entries(FILES)) {
  test(`${cell}: a file has PyTorch's tensors and brings the network back`, async () => {
    const network = await drawnNetwork({
      cell,
      ...(shapes.bias_ih[0] === 30 ? { activation: 'linear' } : {}),
    });
    const engine = await loadEngine();
    const file = network.toSafetensors();
    const { tensors } = readSafetensors(file);
    const prefix = cell.startsWith('lstm') ? 'lstm' : cell;
    const found = Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]));
    const expected = Object.entries(shapes).map(([name, shape]) => [`${prefix}.${name}_l0`, shape]);
    assert.deepEqual(found, {
      ...Object.fromEntries(expected),
      'output.weight': [CLASSES, HIDDEN],
      'output.bias': [CLASSES],
    });
    const again = engine.openNetwork(file, { batch: BATCH });
    assert.deepEqual({ ...again.config, seed: 5 }, network.config);
    assert.deepEqual(again.forward(images, BATCH).logits, network.forward(images, BATCH).logits);
    assert.deepEqual(again.toSafetensors(), file);
    // Without our metadata, as PyTorch writes it, all but the activation and the forget bias are found.
    const foreign = engine.openNetwork(writeSafetensors(tensors), { batch: BATCH, steps: STEPS });
    assert.deepEqual(
      [foreign.config.cell, foreign.config.inputs, foreign.config.hidden],
      [cell, INPUTS, HIDDEN],
    );
    if (cell !== 'rnn' && cell !== 'feedforward') {
      assertClose(foreign.forward(images, BATCH).logits, network.forward(images, BATCH).logits, 'logits');
    }
    // A network of another kind refuses it.
    const other = engine.createNetwork({ ...SIZES, cell: cell === 'gru' ? 'lstm' : 'gru' });
    assert.throws(() => other.setTensors(tensors), FileError);
  });

  test(`${cell}: learns which row had the dot, six rows ago`, async () => {
    const engine = await loadEngine();
    const count = 600;
    const network = engine.createNetwork({ cell, inputs: 2, steps: 8, hidden: 16, classes: 2, batch: 50 });
    const kinds = randomLabels(8, count, 2);
    const noise = randomFloats(9, count * 16);
    // The class is the side of the dot in the second row; noise follows.
    const sequences = Float32Array.from({ length: count * 16 }, (_, i) => {
      const at = i % 16;
      return at === 2 || at === 3 ? Number(at - 2 === kinds[Math.floor(i / 16)]) : noise[i] / 4;
    });
    const data = engine.createDataset({ images: sequences, labels: kinds, steps: 8, inputs: 2, classes: 2 });
    const untrained = await network.evaluate(data);
    await network.trainer(data, { epochs: 40, learningRate: 0.01, clipNorm: 1 }).run();
    const { accuracy } = await network.evaluate(data);
    assert.ok(accuracy > 0.97, `${accuracy} right after training, ${untrained.accuracy} before`);
    network.dispose();
  });
}

test('an activation is for the cells without gates', async () => {
  const engine = await loadEngine();
  assert.throws(
    () => engine.createNetwork({ cell: 'gru', activation: 'linear' }),
    /activation must be left out: of the cells only rnn and feedforward have one; found "linear"/,
  );
  assert.throws(
    () => engine.createNetwork({ cell: 'feedforward', inputs: 4096, steps: 17 }),
    /steps x inputs must be at most 65,536/,
  );
});
