/** trace, gradientFlow and sensitivity against a double-precision pass and its finite differences. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, loadEngine } from '../web/lib/index.js';
import { halfLife } from '../web/lib/inspect.js';
import { randomFloats, randomLabels } from './support/random.js';
import { forward, loss, softmax } from './support/reference.js';

const CONFIGS = [
  { cell: 'lstm', layers: 1 },
  { cell: 'lstm', layers: 2 },
  { cell: 'lstm-peephole', layers: 2 },
  { cell: 'gru', layers: 2 },
  { cell: 'rnn', activation: 'tanh', layers: 2 },
  { cell: 'rnn', activation: 'linear', layers: 1 },
  { cell: 'feedforward', activation: 'logistic', layers: 1 },
];
const SIZES = { inputs: 5, steps: 6, hidden: 7, classes: 3, batch: 30, forgetBias: 1, seed: 5 };
const SIZE = SIZES.steps * SIZES.inputs;

const engine = await loadEngine();

/** @param {ArrayLike<number>} image */
const rowsOf = (image) =>
  Array.from({ length: SIZES.steps }, (_, t) =>
    Array.prototype.slice.call(image, t * SIZES.inputs, (t + 1) * SIZES.inputs),
  );

/** @param {number} found @param {number} expected @param {number} tolerance @param {string} what */
function assertNear(found, expected, tolerance, what) {
  assert.ok(Math.abs(found - expected) <= tolerance, `${what}: ${found}, expected ${expected}`);
}

/** The norm of dLoss/d(a vector of n), by central differences. @param {number} n @param {(change: (v: number[]) => number[]) => number} evaluate */
function normOfGradient(n, evaluate) {
  let squares = 0;
  const step = 1e-5;
  for (let u = 0; u < n; u++) {
    const by = (/** @type {number} */ delta) =>
      evaluate((vector) => vector.map((value, i) => (i === u ? value + delta : value)));
    squares += ((by(step) - by(-step)) / (2 * step)) ** 2;
  }
  return Math.sqrt(squares);
}

/** @param {number[]} norms of several images */
const mean = (norms) => norms.reduce((a, b) => a + b) / norms.length;

for (const config of CONFIGS) {
  const name = Object.values(config).join(', ');
  const steps = config.cell === 'feedforward' ? 1 : SIZES.steps;

  test(`${name}: trace has every signal of every step, and the answer after each`, () => {
    const network = engine.createNetwork({ ...SIZES, ...config });
    const image = randomFloats(3, SIZE);
    const found = network.trace(image);
    const expected = forward(network.tensors(), rowsOf(image), config);
    assert.equal(found.steps, steps);
    assert.equal(found.layers.length, config.layers);
    for (const [l, signals] of found.layers.entries()) {
      assert.deepEqual(Object.keys(signals).sort(), Object.keys(expected.signals[l][0]).sort());
      for (const [signal, values] of Object.entries(signals)) {
        assert.equal(values.length, steps * SIZES.hidden);
        values.forEach((value, i) => {
          const [t, u] = [Math.floor(i / SIZES.hidden), i % SIZES.hidden];
          assertNear(value, expected.signals[l][t][signal][u], 3e-6, `layer ${l}, ${signal}[${t}][${u}]`);
        });
      }
    }
    const answers = expected.answers.flatMap(softmax);
    assert.equal(found.probabilities.length, answers.length);
    answers.forEach((p, i) => assertNear(found.probabilities[i], p, 3e-6, `probability ${i}`));
    assert.deepEqual(found.probabilities.slice(-SIZES.classes), network.predict(image).probabilities);
    network.dispose();
  });

  for (const kind of ['cross-entropy', 'double-softmax']) {
    test(`${name}: gradientFlow is what finite differences give, ${kind}`, () => {
      const network = engine.createNetwork({ ...SIZES, ...config });
      const count = 27; // two shards
      const images = randomFloats(4, count * SIZE);
      const labels = randomLabels(5, count, SIZES.classes);
      const flow = network.gradientFlow(images, labels, { loss: kind });
      const tensors = network.tensors();
      const all = Array.from({ length: count }, (_, b) => rowsOf(images.subarray(b * SIZE, (b + 1) * SIZE)));
      /** @param {(b: number) => number} f */
      const overImages = (f) => mean(all.map((_, b) => f(b)));
      /** @param {number} b @param {import('./support/reference.js').Nudge} [nudge] @param {number[][]} [rows] */
      const lossOf = (b, nudge, rows = all[b]) =>
        loss(forward(tensors, rows, config, nudge).logits, labels[b], kind);
      const close = (
        /** @type {number} */ found,
        /** @type {number} */ expected,
        /** @type {string} */ what,
      ) => {
        assert.ok(expected > 1e-9, `${what}: the differences are all but zero`);
        assertNear(found, expected, 1e-4 * expected + 1e-8, what);
      };
      assertNear(
        flow.loss,
        overImages((b) => lossOf(b)),
        1e-6,
        'loss',
      );
      for (let l = 0; l < config.layers; l++) {
        const { hidden, cell } = flow.layers[l];
        assert.equal(cell !== null, config.cell.startsWith('lstm'));
        for (let t = 0; t < steps; t++) {
          for (const [kindOfState, norms] of Object.entries({ hidden, cell })) {
            if (!norms) continue;
            const expected = overImages((b) =>
              normOfGradient(SIZES.hidden, (change) =>
                lossOf(b, (what, layer, step, state) =>
                  what === kindOfState && layer === l && step === t ? change(state) : state,
                ),
              ),
            );
            close(norms[t], expected, `layer ${l}, ${kindOfState} ${t}`);
          }
        }
        assert.equal(flow.layers[l].halfLife.hidden, halfLife(hidden));
      }
      for (let t = 0; t < SIZES.steps; t++) {
        const expected = overImages((b) =>
          normOfGradient(SIZES.inputs, (change) =>
            lossOf(
              b,
              undefined,
              all[b].map((row, i) => (i === t ? change(row) : row)),
            ),
          ),
        );
        close(flow.input[t], expected, `input ${t}`);
      }
      network.dispose();
    });
  }

  test(`${name}: sensitivity is the difference of two readings`, () => {
    const network = engine.createNetwork({ ...SIZES, ...config });
    const image = randomFloats(6, SIZE);
    const [row, column, step] = [2, 3, 0.01];
    const value = image[row * SIZES.inputs + column] + step;
    const found = network.sensitivity(image, row, column, { value });
    assert.equal(found.after, Math.fround(value));
    const read = (/** @type {number} */ pixel) => {
      const rows = rowsOf(image);
      rows[row][column] = pixel;
      return forward(network.tensors(), rows, config);
    };
    const [a, b] = [read(found.before), read(found.after)];
    found.layers.forEach((states, l) => {
      for (const [signal, norms] of Object.entries(states)) {
        norms?.forEach((norm, t) => {
          const [before, after] = [a.signals[l][t][signal], b.signals[l][t][signal]];
          const expected = Math.hypot(...before.map((x, u) => after[u] - x));
          // Float32 states of magnitude up to 1, whose differences are small.
          assertNear(norm, expected, 2e-6, `layer ${l}, ${signal} ${t}`);
          assert.equal(norm > 1e-5, steps === 1 || t >= row, `layer ${l}, ${signal} ${t}: ${norm}`);
        });
      }
    });
    b.logits.forEach((_, k) =>
      assertNear(found.probabilities.after[k], softmax(b.logits)[k], 2e-6, `probability ${k}`),
    );
    network.dispose();
  });
}

test('the half-life is where the norm has fallen to half, on a logarithmic line', () => {
  const decay = Float64Array.from({ length: 28 }, (_, t) => 0.8 ** (27 - t));
  assert.ok(Math.abs(/** @type {number} */ (halfLife(decay)) - Math.log(0.5) / Math.log(0.8)) < 1e-12);
  assert.equal(halfLife([8, 8, 8]), Infinity);
  assert.equal(halfLife([1, 2, 4, 8]), 1);
  assert.equal(halfLife([4, 4, 4, 8]), 1, 'at the first row that has half');
  assert.equal(halfLife([0, 1]), 1);
  assert.equal(halfLife([3]), null, 'one step has nowhere to go');
  assert.equal(halfLife([0, 0]), null, 'no gradient');
});

test('one cannot look into a wrong place', () => {
  const network = engine.createNetwork(SIZES);
  const image = new Uint8Array(SIZE);
  assert.throws(() => network.trace(new Uint8Array(3)), ConfigError);
  assert.throws(() => network.sensitivity(image, 6, 0), /row must be a whole number from 0 to 5; found 6/);
  assert.throws(() => network.sensitivity(image, 0, -1), /column must be/);
  assert.throws(() => network.sensitivity(image, 0, 0, { value: 256 }), /from 0 to 255/);
  assert.throws(() => network.sensitivity(new Float32Array(SIZE), 0, 0, { value: NaN }), /finite/);
  assert.throws(() => network.gradientFlow(image, [3]), /Label 0 is 3/);
  assert.throws(() => network.gradientFlow(image, [0], { loss: 'x' }), ConfigError);
  const many = new Uint8Array(31 * SIZE);
  assert.throws(() => network.gradientFlow(many, new Uint8Array(31)), /at most 30/);
  network.dispose();
});
