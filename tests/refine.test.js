/** What a recipe adds to plain training: dropout, smoothed labels, averaged weights, warm-up, weight decay. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRecipe, ConfigError, Engine, loadEngine, NO_CLASS } from '../web/lib/index.js';
import { WasmModule } from '../web/lib/module.js';
import { hash, randomFloats, randomLabels } from './support/random.js';
import { centralDifferences, softmax } from './support/reference.js';

const SHAPE = Object.freeze({ inputs: 5, steps: 3, hidden: 7, layers: 3, classes: 4, batch: 27 });

/** @param {import('../web/lib/index.js').Engine} engine @param {Partial<Record<keyof typeof SHAPE, number>>} [shape] */
function prepare(engine, shape = {}) {
  const { inputs, steps, classes, batch, ...rest } = { ...SHAPE, ...shape };
  const network = engine.createNetwork({ inputs, steps, classes, batch, ...rest, seed: 7 });
  const images = randomFloats(1, batch * steps * inputs);
  const labels = Int16Array.from(randomLabels(2, batch, classes));
  labels[1] = NO_CLASS;
  const dataset = engine.createDataset({ images, labels, steps, inputs, classes });
  return { network, images, labels, dataset };
}

/** @param {import('../web/lib/index.js').Network} network */
const weightsOf = (network) => [...network.tensors().values()].flatMap(({ data }) => [...data]);

/** The flavour of a build with more exports. @param {string} variant */
const testBuild = (variant) => import(`../build/test/lstm-${variant}.mjs`);

/** Remembers the addresses of what is created. */
class Recorder extends WasmModule {
  /** @type {Record<string, number>} */
  addresses = {};

  /** @param {string} name @param {() => Error} outOfMemory @param {...number} args */
  create(name, outOfMemory, ...args) {
    this.addresses[name] = super.create(name, outOfMemory, ...args);
    return this.addresses[name];
  }

  /** The network's own tensors of one of C's arrays (enum network_array). @param {number} array */
  arrays(array) {
    const network = this.addresses.lstm_network_create;
    /** @type {Map<string, Float32Array>} */
    const tensors = new Map();
    for (let i = 0; i < this.call('lstm_tensor_count', network); i++) {
      const size = this.call('lstm_tensor_rows', network, i) * this.call('lstm_tensor_columns', network, i);
      this.withMemory((allocate) => {
        const place = allocate(4 * size);
        this.check('lstm_tensor_read', network, array, i, place);
        const name = this.string(this.call('lstm_tensor_name', network, i));
        tensors.set(name, this.floats(place, size).slice());
      });
    }
    return tensors;
  }

  /**
   * The masks that training gives a sequence (src/dropout.h).
   * @param {number[]} shares between layers, before the output
   * @param {{seed: number, epoch: number, sequence: number}} when
   * @returns {(layer: number, t: number) => Float32Array} [H]; the last layer's is of no account before its last step
   */
  masks(shares, { seed, epoch, sequence }) {
    const { layers, steps, hidden } = SHAPE;
    const padded = Math.ceil(hidden / 4) * 4;
    const count = (layers - 1) * steps + 1;
    const values = this.withMemory((allocate) => {
      const place = allocate(4 * count * padded);
      const dropout = allocate(24);
      const options = allocate(8);
      this.integers(dropout, 4).set([layers, steps, padded, place]);
      this.floats(options, 2).set(shares);
      this.call('dropout_draw', dropout, options, seed, epoch, sequence, 0, 1);
      return this.floats(place, count * padded).slice();
    });
    return (layer, t) => {
      const at = (layer * steps + (layer + 1 < layers ? t : 0)) * padded;
      return values.subarray(at, at + hidden);
    };
  }
}

const sigmoid = (/** @type {number} */ x) => 1 / (1 + Math.exp(-x));

/**
 * An LSTM's logits with masks, in double precision.
 * @param {Map<string, Float64Array>} tensors
 * @param {number[][]} rows
 * @param {(layer: number, t: number) => ArrayLike<number>} mask
 */
function logits(tensors, rows, mask) {
  const { hidden, layers, classes } = SHAPE;
  const data = (/** @type {string} */ name) => /** @type {Float64Array} */ (tensors.get(name));
  let inputs = rows;
  for (let l = 0; l < layers; l++) {
    const [ih, hh, bias] = ['weight_ih', 'weight_hh', 'bias_ih'].map((name) => data(`lstm.${name}_l${l}`));
    let h = new Array(hidden).fill(0);
    let c = new Array(hidden).fill(0);
    inputs = inputs.map((x, t) => {
      const z = Array.from(bias, (value, k) => {
        let sum = value + (Math.floor(k / hidden) === 1 ? 1 : 0); // the forget bias
        for (const [i, xi] of x.entries()) sum += ih[k * x.length + i] * xi;
        for (const [i, hi] of h.entries()) sum += hh[k * hidden + i] * hi;
        return sum;
      });
      c = c.map((last, u) => sigmoid(z[hidden + u]) * last + sigmoid(z[u]) * Math.tanh(z[2 * hidden + u]));
      h = c.map((value, u) => sigmoid(z[3 * hidden + u]) * Math.tanh(value));
      return h.map((value, u) => value * mask(l, t)[u]);
    });
  }
  const last = inputs[inputs.length - 1];
  return Array.from({ length: classes }, (_, k) =>
    last.reduce((sum, h, u) => sum + data('output.weight')[k * hidden + u] * h, data('output.bias')[k]),
  );
}

/** @param {number[]} z @param {number} label @param {string} kind @param {number} smoothing */
function smoothedLoss(z, label, kind, smoothing) {
  const p = softmax(kind === 'double-softmax' ? softmax(z) : z);
  return p.reduce((sum, value, c) => {
    const even = label === NO_CLASS ? 1 : smoothing;
    const target = (c === label ? 1 - even : 0) + even / p.length;
    return sum - target * Math.log(value);
  }, 0);
}

for (const variant of ['scalar', 'simd']) {
  for (const [kind, smoothing, shares] of /** @type {[string, number, number[]][]} */ ([
    ['cross-entropy', 0.1, [0, 0]],
    ['double-softmax', 0.3, [0, 0]],
    ['cross-entropy', 0, [0.4, 0]],
    ['cross-entropy', 0, [0, 0.5]],
    ['double-softmax', 0.05, [0.3, 0.2]],
  ])) {
    const what = `${kind}, smoothing ${smoothing}, dropout ${shares}`;
    test(`${variant}: gradients of a training step with ${what}`, async () => {
      const { default: factory } = await testBuild(variant);
      const module = new Recorder(await factory());
      const { network, images, labels, dataset } = prepare(new Engine({ module, variant, threads: 1 }));
      const doubles = new Map([...module.arrays(0)].map(([name, data]) => [name, Float64Array.from(data)]));
      const [dropout, outputDropout] = shares;
      const refinements = { labelSmoothing: smoothing, dropout, outputDropout };
      const trainer = network.trainer(dataset, { loss: kind, seed: 11, epochs: 2, ...refinements });
      const { loss } = trainer.slice({ batches: 1 });

      const { steps, inputs, batch } = SHAPE;
      const sequences = Array.from({ length: batch }, (_, b) => ({
        rows: Array.from({ length: steps }, (_t, t) => {
          const at = (b * steps + t) * inputs;
          return [...images.subarray(at, at + inputs)];
        }),
        mask: module.masks(shares, { seed: 11, epoch: 0, sequence: b }),
      }));
      const evaluate = () =>
        sequences.reduce(
          (sum, { rows, mask }, b) =>
            sum + smoothedLoss(logits(doubles, rows, mask), labels[b], kind, smoothing),
          0,
        ) / batch;
      assert.ok(Math.abs(loss - evaluate()) < 2e-6, `loss ${loss}, expected ${evaluate()}`);
      for (const [name, found] of module.arrays(1)) {
        const expected = centralDifferences(evaluate, /** @type {Float64Array} */ (doubles.get(name)));
        const greatest = Math.max(...expected.map(Math.abs));
        assert.ok(greatest > 1e-7, `${name}: the greatest gradient is ${greatest}`);
        for (const [i, value] of found.entries()) {
          const error = Math.abs(value - expected[i]);
          assert.ok(error < 3e-5 * greatest + 1e-9, `${name}[${i}]: ${value}, expected ${expected[i]}`);
        }
      }
    });
  }
}

test('masks: the share asked for, the mean kept, anew for each layer, step, epoch, sequence and seed', async () => {
  const { default: factory } = await testBuild('scalar');
  const module = new Recorder(await factory());
  const base = { seed: 1, epoch: 0, sequence: 0 };
  const all = [];
  for (let sequence = 0; sequence < 400; sequence++) {
    const mask = module.masks([0.25, 0.5], { ...base, sequence });
    for (let t = 0; t < SHAPE.steps; t++) all.push(...mask(0, t), ...mask(1, t));
    assert.ok(mask(2, 0).every((value) => value === 0 || value === 2));
  }
  const kept = Math.fround(1 / 0.75);
  assert.ok(all.every((value) => value === 0 || value === kept));
  const dropped = all.filter((value) => value === 0).length / all.length;
  assert.ok(Math.abs(dropped - 0.25) < 0.01, `${dropped} dropped`);
  const variations = [base, { ...base, seed: 2 }, { ...base, epoch: 1 }, { ...base, sequence: 1 }];
  const bits = variations.flatMap((when) => {
    const mask = module.masks([0.5, 0.5], when);
    return [0, 1].map((layer) => [0, 1, 2].flatMap((t) => [...mask(layer, t)]).join());
  });
  assert.equal(new Set(bits).size, bits.length);
});

/** Everything at once; images are 6 x 9. */
const ALL = Object.freeze({
  labelSmoothing: 0.1,
  dropout: 0.2,
  outputDropout: 0.3,
  weightDecay: 0.01,
  averaging: 0.95,
  warmUp: 0.3,
  schedule: 'cosine',
  clipNorm: 1,
  augment: { rotation: 20, scale: 0.2, elastic: 0.5, thickness: 0.3, contrast: 1, fit: 1 },
});

/** @param {{variant: string, threads: number}} options @param {(trainer: any) => void} train */
async function trainedHash(options, train) {
  const engine = await loadEngine(options);
  const network = engine.createNetwork({ inputs: 9, steps: 6, hidden: 13, layers: 2, classes: 5, batch: 60 });
  const images = randomFloats(1, 300 * 54).map(Math.abs);
  const dataset = engine.createDataset({
    images,
    labels: randomLabels(2, 300, 5),
    steps: 6,
    inputs: 9,
    classes: 5,
  });
  const trainer = network.trainer(dataset, { batch: 60, epochs: 6, learningRate: 0.01, ...ALL });
  train(trainer);
  const value = hash(Float32Array.from(weightsOf(network)));
  trainer.dispose();
  dataset.dispose();
  network.dispose();
  engine.dispose();
  return value;
}

test('the same bits for any build, number of threads and slicing', async () => {
  const run = (/** @type {number} */ batches) => (/** @type {any} */ trainer) => {
    while (!trainer.progress.done) trainer.slice({ batches });
  };
  const expected = await trainedHash({ variant: 'scalar', threads: 1 }, run(1));
  for (const threads of [1, 2, 3]) {
    for (const batches of [2, 5]) {
      const found = await trainedHash({ variant: 'simd', threads }, run(batches));
      assert.equal(found, expected, `${threads} threads, slices of ${batches}`);
    }
  }
});

test('all off: the bits of plain training', async () => {
  const engine = await loadEngine({ variant: 'simd', threads: 1 });
  const hashes = [{}, { augment: { share: 0 } }, { augment: null }].map((options) => {
    const { network, dataset } = prepare(engine);
    const trainer = network.trainer(dataset, { epochs: 20, learningRate: 0.01, ...options });
    while (!trainer.progress.done) trainer.slice({ batches: 3 });
    return hash(Float32Array.from(weightsOf(network)));
  });
  assert.equal(new Set(hashes).size, 1);
});

test('the network holds the moving average of the weights between slices', async () => {
  const engine = await loadEngine({ variant: 'simd', threads: 1 });
  const [plain, averaged] = [prepare(engine), prepare(engine)];
  const settings = { epochs: 60, learningRate: 0.02 };
  const [one, two] = [plain, averaged].map(({ network, dataset }, i) =>
    network.trainer(dataset, { ...settings, averaging: i === 0 ? 0 : 0.9 }),
  );
  let expected = [0];
  for (let step = 0; step < 60; step++) {
    one.slice({ batches: 1 });
    two.slice({ batches: 1 });
    const decay = Math.min(0.9, (1 + step) / (10 + step));
    const weights = weightsOf(plain.network);
    expected = step === 0 ? weights : expected.map((mean, i) => mean + (1 - decay) * (weights[i] - mean));
    const found = weightsOf(averaged.network);
    const error = Math.max(...found.map((value, i) => Math.abs(value - expected[i])));
    assert.ok(error < 2e-6, `step ${step}: off by ${error}`);
  }
  assert.equal(one.progress.loss, two.progress.loss);
  const away = Math.max(...weightsOf(plain.network).map((value, i) => Math.abs(value - expected[i])));
  assert.ok(away > 1e-3, 'the average is not the weights themselves');
});

test('weight decay shrinks the weights by rate times decay; warm-up begins with a 25th of the rate', async () => {
  const engine = await loadEngine({ variant: 'simd', threads: 1 });
  const step = (/** @type {object} */ options) => {
    const { network, dataset } = prepare(engine);
    const before = weightsOf(network);
    network
      .trainer(dataset, { epochs: 10, learningRate: 0.01, epsilon: 1e-12, ...options })
      .slice({ batches: 1 });
    return { before, after: weightsOf(network) };
  };
  const plain = step({});
  const decayed = step({ weightDecay: 0.5 });
  for (const [i, value] of decayed.after.entries()) {
    const expected = plain.after[i] - 0.01 * 0.5 * plain.before[i];
    // A bias in the file is the sum of one that is trained and the constant forget bias.
    if (plain.before[i] === 1) continue;
    assert.ok(Math.abs(value - expected) < 1e-7, `weight ${i}: ${value}, expected ${expected}`);
  }
  const first = (/** @type {{before: number[], after: number[]}} */ { before, after }) =>
    Math.max(...after.map((value, i) => Math.abs(value - before[i])));
  assert.ok(Math.abs(first(plain) - 0.01) < 1e-6); // Adam's first step is the rate
  assert.ok(Math.abs(first(step({ warmUp: 0.5 })) - 0.01 / 25) < 1e-6);
});

test('evaluation and prediction are those of the plain network', async () => {
  const engine = await loadEngine({ variant: 'simd', threads: 1 });
  const { network, dataset, images } = prepare(engine);
  const trainer = network.trainer(dataset, {
    epochs: 5,
    dropout: 0.5,
    outputDropout: 0.5,
    labelSmoothing: 0.2,
  });
  trainer.slice({ batches: 1 });
  const { loss } = await network.evaluate(dataset);
  const copy = engine.openNetwork(network.toSafetensors(), { batch: 27 });
  assert.equal((await copy.evaluate(dataset)).loss, loss);
  assert.deepEqual(copy.forward(images), network.forward(images));
});

test('mistakes are told with the path of what is wrong', async () => {
  const engine = await loadEngine({ threads: 1 });
  const { network, dataset } = prepare(engine);
  for (const [name, value] of Object.entries({
    labelSmoothing: 1,
    dropout: -0.1,
    outputDropout: 0.95,
    weightDecay: -1,
    averaging: 1,
    warmUp: 1,
  })) {
    assert.throws(() => network.trainer(dataset, { [name]: value }), ConfigError, name);
  }
  assert.throws(
    () => network.trainer(dataset, { augment: { shear: 2 } }),
    /augment\.shear must be a number from 0 to 1; found 2/,
  );
  const tall = prepare(engine, { steps: 300, inputs: 1, layers: 1, batch: 2 });
  assert.throws(() => tall.network.trainer(tall.dataset, { augment: {} }), /out of range/);
  const good = { name: 'x', data: 'mnist', network: {}, training: {}, seed: 1 };
  assert.equal(checkRecipe(good).augment, null);
  assert.equal(checkRecipe(good).drawn, 0);
  assert.equal(checkRecipe({ ...good, augment: { rotation: 5 }, drawn: 0.1 }).augment?.smoothness, 8);
  assert.throws(() => checkRecipe({ ...good, augment: { spin: 5 } }), /augment\.spin must be left out/);
  assert.throws(() => checkRecipe({ ...good, augment: 3 }), /augment must be an object/);
  assert.throws(() => checkRecipe({ ...good, drawn: 2 }), /drawn must be a number from 0 to 1; found 2/);
  assert.throws(
    () => checkRecipe({ ...good, training: { dropout: 1 } }),
    /training\.dropout must be a number from 0 to 0\.9/,
  );
});
