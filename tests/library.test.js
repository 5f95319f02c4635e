/** What a user of the library relies on: settings, training in slices, pause and cancel, evaluation, memory. */

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { CancelledError, ConfigError, DivergedError, loadEngine, MemoryError } from '../web/lib/index.js';
import { hash, randomFloats, randomLabels } from './support/random.js';

/** @type {import('../web/lib/index.js').Engine} */
let engine;
before(async () => {
  engine = await loadEngine();
});

const SHAPE = { inputs: 4, steps: 5, hidden: 8, classes: 3, batch: 10 };

function smallData(count = 95) {
  const images = randomFloats(1, count * 20);
  const labels = randomLabels(2, count, 3);
  return engine.createDataset({ images, labels, steps: 5, inputs: 4, classes: 3 });
}

/** @param {import('../web/lib/index.js').Network} network */
const hashOf = (network) => [...network.tensors().values()].map(({ data }) => hash(data)).join();

test('an unknown variant and absurd threads are refused', async () => {
  await assert.rejects(
    loadEngine({ variant: 'avx' }),
    /variant must be auto or what runs here: .*simd, scalar; found "avx"/,
  );
  for (const threads of [0, 5, 1.5, -1, NaN]) {
    await assert.rejects(
      loadEngine({ threads }),
      /threads must be auto or a whole number from 1 to 4/,
      `${threads}`,
    );
  }
});

test("the tutorial's network has 52,610 parameters, initialised as the tutorial's", () => {
  const network = engine.createNetwork({ seed: 9 });
  assert.equal(network.parameterCount, 52610);
  const tensors = network.tensors();
  const of = (/** @type {string} */ name) => [.../** @type {any} */ (tensors.get(name)).data];
  const limit = Math.sqrt(6 / (128 + 400)); // glorot-uniform over [128, 400]
  for (const name of ['lstm.weight_ih_l0', 'lstm.weight_hh_l0']) {
    const values = of(name);
    const deviation = Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
    assert.ok(
      values.every((x) => Math.abs(x) <= limit),
      name,
    );
    assert.ok(Math.abs(deviation / (limit / Math.sqrt(3)) - 1) < 0.02, `${name}: deviation ${deviation}`);
  }
  assert.ok(of('lstm.bias_ih_l0').every((x) => x === 0));
  assert.ok(of('output.bias').every((x) => x === Math.fround(0.1)));
  const output = of('output.weight');
  const deviation = Math.sqrt(output.reduce((sum, x) => sum + x * x, 0) / output.length);
  assert.ok(
    output.every((x) => Math.abs(x) <= 0.2),
    'cut off at two standard deviations',
  );
  assert.ok(Math.abs(deviation - 0.088) < 0.008, `deviation ${deviation}: 0.88 of 0.1 after cutting`);
});

test('the same seed gives the same network, another seed another', () => {
  const [a, b, c] = [1, 1, 2].map((seed) => hashOf(engine.createNetwork({ ...SHAPE, seed })));
  assert.equal(a, b);
  assert.notEqual(a, c);
});

test('absurd settings are refused with the value, what was expected, and nothing lost', () => {
  const network = engine.createNetwork(SHAPE);
  const image = randomFloats(3, 20);
  const expected = network.predict(image);
  for (const [field, values] of Object.entries({
    hidden: [0, -1, 1.5, 1025, 1e9, NaN, Infinity, '100', null],
    inputs: [0, 4097],
    steps: [0, -28],
    layers: [0, 4],
    classes: [0],
    batch: [0, 1025],
    forgetBias: [NaN, 1e9],
    seed: [-1, 2 ** 32, 0.5],
    cell: ['transformer', 7],
    activation: ['relu', 'linear'],
  })) {
    for (const value of values) {
      if (value === null) continue; // stands for the default
      assert.throws(
        () => engine.createNetwork({ ...SHAPE, [field]: value }),
        (error) => {
          assert.ok(error instanceof ConfigError);
          assert.match(error.message, new RegExp(`^${field} must be .*; found `));
          return true;
        },
        `${field} = ${value}`,
      );
    }
  }
  assert.throws(
    () => engine.createNetwork(/** @type {any} */ ({ hiden: 3 })),
    /hiden must be left out: the settings are cell, activation, inputs/,
  );
  const data = smallData();
  for (const options of [
    { batch: 0 },
    { batch: 11 },
    { epochs: 0 },
    { learningRate: 0 },
    { learningRate: -1 },
    { loss: 'mse' },
    { clipNorm: -1 },
    { beta1: 1 },
    { epsilon: 0 },
    { schedule: 'step' },
  ]) {
    assert.throws(
      () => network.trainer(data, /** @type {any} */ (options)),
      ConfigError,
      JSON.stringify(options),
    );
  }
  assert.deepEqual(network.predict(image), expected);
});

test('not enough memory is an error that says so, and the module goes on', () => {
  const network = engine.createNetwork(SHAPE);
  const image = randomFloats(3, 20);
  const expected = network.predict(image);
  const huge = { hidden: 1024, inputs: 1024, steps: 784, batch: 1024 };
  for (const config of [huge, { ...huge, steps: 4096, inputs: 4096, layers: 3 }]) {
    assert.throws(
      () => engine.createNetwork(config),
      (error) => {
        assert.ok(error instanceof MemoryError);
        assert.match(error.message, /Not enough memory for 1024 hidden units \([\d,]+ MiB\)/);
        return true;
      },
    );
  }
  assert.deepEqual(network.predict(image), expected);
});

test('a network takes the memory it announced, and gives it back', () => {
  const config = { hidden: 256, batch: 100 };
  const first = engine.createNetwork(config);
  assert.ok(first.workspaceBytes > 4 * first.parameterCount * 4, `${first.workspaceBytes} bytes`);
  first.dispose();
  const { memoryBytes } = engine;
  for (let i = 0; i < 20; i++) engine.createNetwork(config).dispose();
  assert.equal(engine.memoryBytes, memoryBytes);
  assert.throws(() => first.predict(new Uint8Array(784)), /network must be one that was not disposed/);
});

test('slices of any size train to the same weights as one run', async () => {
  const data = smallData();
  const options = { batch: 10, epochs: 3, learningRate: 0.01, seed: 4 };
  const a = engine.createNetwork(SHAPE);
  await a.trainer(data, options).run({ sliceMs: 1 });
  const b = engine.createNetwork(SHAPE);
  const trainer = b.trainer(data, options);
  const seen = [];
  while (!trainer.progress.done) {
    const progress = trainer.slice({ batches: 4 });
    seen.push([progress.epoch, progress.batch, progress.iteration, progress.images, progress.epochDone]);
  }
  assert.equal(hashOf(a), hashOf(b));
  // 95 images in batches of 10: ten batches an epoch, the last one of five images.
  assert.deepEqual(seen, [
    [0, 4, 4, 40, false],
    [0, 8, 8, 80, false],
    [1, 0, 10, 95, true],
    [1, 4, 14, 135, false],
    [1, 8, 18, 175, false],
    [2, 0, 20, 190, true],
    [2, 4, 24, 230, false],
    [2, 8, 28, 270, false],
    [3, 0, 30, 285, true],
  ]);
  assert.deepEqual(trainer.slice({ batches: 1 }).iteration, 30, 'nothing is trained after the end');
});

test('each epoch has another order, which depends on the seed', () => {
  const data = smallData();
  const runs = [1, 1, 2].map((seed) => {
    const network = engine.createNetwork(SHAPE);
    const trainer = network.trainer(data, { batch: 10, epochs: 2, seed });
    const losses = [];
    while (!trainer.progress.done) losses.push(trainer.slice({ batches: 1 }).sliceLoss);
    return losses;
  });
  assert.deepEqual(runs[0], runs[1]);
  assert.notDeepEqual(runs[0], runs[2]);
  assert.equal(runs[0].length, 20);
});

test('progress reports the mean loss and accuracy of the epoch', () => {
  const data = smallData(20);
  const network = engine.createNetwork(SHAPE);
  const trainer = network.trainer(data, { batch: 10, epochs: 1 });
  const first = trainer.slice({ batches: 1 });
  const second = trainer.slice({ batches: 1 });
  assert.equal(first.loss, first.sliceLoss);
  assert.ok(Math.abs(second.loss - (first.sliceLoss + second.sliceLoss) / 2) < 1e-12);
  assert.ok(Math.abs(second.accuracy - (first.sliceAccuracy + second.sliceAccuracy) / 2) < 1e-12);
});

test('a second trainer goes on where the first one stopped', () => {
  const data = smallData();
  const options = { batch: 10, epochs: 2, learningRate: 0.01 };
  const whole = engine.createNetwork(SHAPE);
  const trainer = whole.trainer(data, options);
  while (!trainer.progress.done) trainer.slice({ batches: 100 });
  const other = engine.createNetwork(SHAPE);
  const first = other.trainer(data, options);
  first.slice({ batches: 100 });
  const second = other.trainer(data, options);
  second.seek(1);
  while (!second.progress.done) second.slice({ batches: 3 });
  assert.equal(hashOf(other), hashOf(whole));
  assert.throws(() => second.seek(2), /range/);
});

test('pause, resume and cancel', async () => {
  const data = smallData();
  const network = engine.createNetwork(SHAPE);
  const trainer = network.trainer(data, { batch: 10, epochs: 1000 });
  const stop = new AbortController();
  let slices = 0;
  const running = trainer.run({
    sliceMs: 1,
    signal: stop.signal,
    onProgress: () => {
      slices++;
      if (slices === 3) trainer.pause();
    },
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  const { iteration } = trainer.progress;
  assert.equal(slices, 3, 'paused');
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(trainer.progress.iteration, iteration, 'nothing moves while paused');
  trainer.resume();
  while (slices < 6) await new Promise((resolve) => setTimeout(resolve, 1));
  trainer.pause();
  stop.abort(); // also while paused
  await assert.rejects(running, CancelledError);
  assert.ok(trainer.progress.iteration > iteration);
  assert.ok(network.predict(randomFloats(3, 20)).probabilities.every(Number.isFinite));
});

test('divergence is an error; the step is not taken', () => {
  const data = smallData();
  const network = engine.createNetwork(SHAPE);
  const tensors = network.tensors();
  /** @type {any} */ (tensors.get('output.weight')).data.fill(3e38);
  network.setTensors(tensors);
  const untouched = hashOf(network);
  const trainer = network.trainer(data, { batch: 10 });
  assert.throws(
    () => trainer.slice({ batches: 5 }),
    (error) => {
      assert.ok(error instanceof DivergedError);
      assert.deepEqual(error.details, { epoch: 1, batch: 1 });
      return true;
    },
  );
  assert.equal(hashOf(network), untouched);
});

test('clipping scales the gradient to the norm', () => {
  // With one step of Adam from rest, p changes by rate g / (|g| + eps'): with a large epsilon the
  // change is rate g / epsilon, which shows the gradient itself.
  const data = smallData(10);
  const change = (/** @type {number} */ clipNorm) => {
    const network = engine.createNetwork(SHAPE);
    const initial = network.tensors();
    network.trainer(data, { batch: 10, learningRate: 1, epsilon: 1, clipNorm }).slice({ batches: 1 });
    const after = network.tensors();
    let squares = 0;
    for (const [name, { data: values }] of after) {
      const old = /** @type {any} */ (initial.get(name)).data;
      values.forEach((value, i) => (squares += (value - old[i]) ** 2));
    }
    return Math.sqrt(squares);
  };
  const free = change(0);
  assert.ok(free > 0.05, `norm ${free}`);
  assert.ok(Math.abs(change(1e6) - free) < 1e-6, 'a loose limit changes nothing');
  assert.ok(Math.abs(change(0.01) - 0.01) < 2e-4, `clipped to 0.01: ${change(0.01)}`);
});

test('the loss on the softmax output cannot fall below its floor', async () => {
  const network = engine.createNetwork({ ...SHAPE, classes: 10 });
  const tensors = network.tensors();
  /** @type {any} */ (tensors.get('output.bias')).data.fill(0).fill(100, 3, 4);
  network.setTensors(tensors);
  const data = engine.createDataset({ images: new Float32Array(20), labels: [3], steps: 5, inputs: 4 });
  const { loss } = await network.evaluate(data, { loss: 'double-softmax' });
  assert.ok(Math.abs(loss - (Math.log(Math.E + 9) - 1)) < 1e-6, `${loss}`);
  assert.ok(Math.abs(loss - 1.4612) < 1e-4);
});

test('evaluation counts what predictions say, in slices, and can be cancelled', async () => {
  const data = smallData();
  const network = engine.createNetwork(SHAPE);
  const { accuracy, correct, count, predictions, loss } = await network.evaluate(data, { sliceMs: 0 });
  const images = randomFloats(1, 95 * 20);
  const labels = randomLabels(2, 95, 3);
  let right = 0;
  let sum = 0;
  for (let i = 0; i < 95; i++) {
    const { label, probabilities } = network.predict(images.subarray(i * 20, (i + 1) * 20));
    assert.equal(predictions[i], label, `image ${i}`);
    right += label === labels[i] ? 1 : 0;
    sum -= Math.log(probabilities[labels[i]]);
  }
  assert.deepEqual({ correct, count, accuracy }, { correct: right, count: 95, accuracy: right / 95 });
  assert.ok(Math.abs(loss - sum / 95) < 1e-6);
  await assert.rejects(network.evaluate(data, { signal: AbortSignal.abort() }), CancelledError);
});

test('bytes stand for 0 to 1', () => {
  const network = engine.createNetwork(SHAPE);
  const bytes = Uint8Array.from({ length: 20 }, (_, i) => i * 13);
  const floats = Float32Array.from(bytes, (value) => value / 255);
  const [a, b] = [network.predict(bytes).logits, network.predict(floats).logits];
  a.forEach((value, i) => assert.ok(Math.abs(value - b[i]) < 1e-6));
});

test('one image gives the same bits alone and in a batch', () => {
  const network = engine.createNetwork({ batch: 50 });
  const images = Uint8Array.from({ length: 50 * 784 }, (_, i) => (i * 31) % 256);
  const { logits } = network.forward(images, 50);
  for (const i of [0, 7, 24, 25, 49]) {
    const alone = network.predict(images.subarray(i * 784, (i + 1) * 784)).logits;
    assert.deepEqual(alone, logits.slice(i * 10, i * 10 + 10), `image ${i}`);
  }
});

test('wrong shapes, labels and values of data are refused', () => {
  const network = engine.createNetwork(SHAPE);
  assert.throws(() => network.predict(new Float32Array(19)), /images must be 1 x 5 x 4; found "19 values"/);
  assert.throws(() => network.predict(new Float32Array(20).fill(NaN)), /finite/);
  assert.throws(
    () => network.forward(new Float32Array(220), 11),
    /count must be a whole number from 1 to 10/,
  );
  assert.throws(() => engine.createDataset({ images: new Uint8Array(783), labels: [1] }), /28 x 28/);
  assert.throws(
    () => engine.createDataset({ images: new Uint8Array(784), labels: [1, 2] }),
    /labels must be 1/,
  );
  assert.throws(
    () => engine.createDataset({ images: new Uint8Array(784), labels: [10] }),
    /Label 0 is 10; expected 0 to 9/,
  );
  assert.throws(
    () => engine.createDataset({ images: new Float32Array(784).fill(Infinity), labels: [1] }),
    /Sequence 0 holds NaN or infinite/,
  );
  const wrong = /** @type {any} */ ([new Float64Array(784), new Array(784).fill(0), undefined]);
  for (const images of wrong) {
    assert.throws(() => engine.createDataset({ images, labels: [1] }), /images must be a Uint8Array/);
    assert.throws(() => network.predict(images), /images must be a Uint8Array/);
  }
  for (const labels of [[1.5], [NaN], undefined]) {
    const source = /** @type {any} */ ({ images: new Uint8Array(784), labels });
    assert.throws(() => engine.createDataset(source), /labels must be/, `${labels}`);
  }
  assert.throws(() => network.trainer(smallData(), { learningRate: 1e-50 }), /learningRate must be/);
  const digits = engine.createDataset({ images: new Uint8Array(784), labels: [1] });
  assert.throws(
    () => network.trainer(digits),
    /dataset must be 5 x 4, at most 3 classes; found "28 x 28, 10 classes"/,
  );
});
